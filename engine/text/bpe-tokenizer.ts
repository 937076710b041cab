import { Tokenizer as Library } from '@huggingface/tokenizers';
import { specialTokens } from './special-tokens.ts';
import { decodingRule, type TokenBytes } from './token-bytes.ts';
import { decodeAll, streamOf } from './token-decoder.ts';
import type { Tokenizer } from './tokenizer.ts';
import { mostTokens, type Step, type TokenizerParts, unsupportedTokenizer } from './tokenizer-parts.ts';

export interface TokenizerSettings {
  readonly bosId: number | null;
  readonly eosIds: ReadonlySet<number>;
  readonly namedTokens: Readonly<Record<string, string>>;
}

/**
 * A tokenizer from the parts of a tokenizer.json. The library does the merging; special tokens are cut out here
 * before it sees the text, so that typed text can be kept from becoming one. Throws ExpectedError 'model_unsupported'.
 */
export function bpeTokenizer(parts: TokenizerParts, settings: TokenizerSettings): Tokenizer {
  const added = parts.added_tokens;
  const special = specialTokens(added.filter((token) => token.special));
  const rule = decodingRule(parts.decoder);
  const first = library(parts, parts.pre_tokenizer);
  // SentencePiece's newer form puts its space only before the first section of a text.
  const later = hasFirstOnlySpace(parts.pre_tokenizer)
    ? library(parts, withoutFirstSpace(parts.pre_tokenizer))
    : first;
  const texts = tokenTexts(parts);
  const tokens: (TokenBytes | undefined)[] = [];
  const tokenText = (id: number): TokenBytes | undefined => {
    const text = texts[id];
    if (text === undefined) return undefined;
    tokens[id] ??= rule.tokenBytes(text);
    return tokens[id];
  };
  return {
    ...settings,
    vocabSize: texts.length,
    literal: special.literal,
    encode: (text) => {
      const ids: number[] = [];
      for (const [index, section] of special.split(text).entries()) {
        if (section.kind === 'special') ids.push(section.id);
        else {
          const { ids: plain } = (index === 0 ? first : later).encode(section.text, {
            add_special_tokens: false,
          });
          for (const id of plain) ids.push(id);
        }
      }
      return ids;
    },
    decode: (ids) => decodeAll(ids, tokenText, rule),
    stream: () => streamOf(tokenText, rule),
  };
}

function library(parts: TokenizerParts, preTokenizer: Step | null): Library {
  try {
    const added = parts.added_tokens.filter((token) => !token.special);
    return new Library(
      {
        ...parts,
        added_tokens: added,
        pre_tokenizer: withWordCuts(parts, preTokenizer && withExactDigits(preTokenizer)),
        post_processor: null,
        decoder: null,
      },
      {},
    );
  } catch (error) {
    throw unsupportedTokenizer(error instanceof Error ? error.message : String(error), error);
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

/**
 * SentencePiece models merge over the whole text. Where no merge joins something to a space behind it, cutting in
 * front of spaces gives the same ids, and the words can be cached: several times faster on long texts.
 */
function withWordCuts(parts: TokenizerParts, step: Step | null): Step | null {
  if (step !== null && step.type !== 'Metaspace') return step;
  const crosses = parts.model.merges.some((merge) =>
    /[^\u2581]\u2581/u.test(typeof merge === 'string' ? merge.replace(' ', '') : merge.join('')),
  );
  if (crosses) return step;
  const words: Step = {
    type: 'Split',
    pattern: { Regex: '\u2581*[^\u2581]+|\u2581+' },
    behavior: 'Removed',
    invert: true,
  };
  return step ? { type: 'Sequence', pretokenizers: [step, words] } : words;
}

function hasFirstOnlySpace(step: Step | null): boolean {
  return step?.type === 'Metaspace' && step.prepend_scheme === 'first';
}

function withoutFirstSpace(step: Step | null): Step | null {
  return step && { ...step, prepend_scheme: 'never' };
}

/** Text by id, with holes for special tokens: those never show. */
function tokenTexts(parts: TokenizerParts): readonly (string | undefined)[] {
  const texts: (string | undefined)[] = [];
  const put = (id: number, text: string | undefined): void => {
    if (id >= mostTokens) throw unsupportedTokenizer(`it has a token with id ${id}`);
    texts[id] = text;
  };
  for (const [text, id] of Object.entries(parts.model.vocab)) put(id, text);
  for (const token of parts.added_tokens) put(token.id, token.special ? undefined : token.content);
  return texts;
}
