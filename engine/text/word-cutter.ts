import { Tokenizer as Library } from '@huggingface/tokenizers';
import { requireSafeSteps } from './safe-steps.ts';
import { type Step, type TokenizerParts, unsupportedTokenizer } from './tokenizer-parts.ts';

export interface WordCutter {
  normalise(text: string): string;
  /** A normalised text's words. `index` is the section's number in the whole text. */
  words(text: string, index: number): readonly string[];
}

/** The steps in front of the model; the library runs them. Throws ExpectedError 'model_unsupported'. */
export function wordCutter({ file, normalizer, preTokenizer, ids }: TokenizerParts): WordCutter {
  const cuts = preTokenizer === null || preTokenizer.type === 'Metaspace' ? !spansWords(ids) : false;
  requireSafeSteps(file, normalizer, preTokenizer);
  const library = open(file, normalizer, preTokenizer === null ? null : withExactDigits(preTokenizer));
  // Called directly: an optional call becomes `.call` for older engines, and the library's callable objects have none.
  const { normalizer: normalise, pre_tokenizer: cut } = library;
  return {
    normalise: (text) => (normalise ? normalise(text) : text),
    words: (text, index) => {
      const pieces: readonly string[] = cut ? cut(text, { section_index: index }) : [text];
      return cuts ? pieces.flatMap((piece) => piece.match(spacedWord) ?? []) : pieces;
    },
  };
}

function open(file: string, normalizer: Step | null, preTokenizer: Step | null): Library {
  try {
    return new Library(
      {
        added_tokens: [],
        normalizer,
        pre_tokenizer: preTokenizer,
        model: { type: 'BPE', vocab: {}, merges: [] },
        post_processor: null,
        decoder: null,
      },
      {},
    );
  } catch (error) {
    throw unsupportedTokenizer(file, error instanceof Error ? error.message : String(error), error);
  }
}

/** The reference's Digits step knows every number (`char::is_numeric`: Ⅷ, ½), the library's only decimal digits. */
function withExactDigits(step: Step): Step {
  if (step.type === 'Sequence' && Array.isArray(step.pretokenizers)) {
    return { ...step, pretokenizers: step.pretokenizers.map((inner: Step) => withExactDigits(inner)) };
  }
  if (step.type !== 'Digits') return step;
  const pattern = { Regex: step.individual_digits === true ? '\\p{N}' : '\\p{N}+' };
  return { type: 'Split', pattern, behavior: 'Isolated', invert: false };
}

/** SentencePiece writes a space as U+2581. */
const spacedWord = /\u2581*[^\u2581]+|\u2581+/gu;

/**
 * SentencePiece models merge over the whole text. Where no token has a space behind something else, cutting in front of
 * spaces gives the same ids, and the words can be kept: several times faster on long texts.
 */
function spansWords(ids: ReadonlyMap<string, number>): boolean {
  for (const token of ids.keys()) {
    const at = token.lastIndexOf('\u2581');
    if (at > 0 && /[^\u2581]\u2581/u.test(token)) return true;
  }
  return false;
}
