import { bpeTokenizer } from './bpe-tokenizer.ts';
import { endIds } from './end-tokens.ts';
import { sentencePieceMerges } from './sentencepiece-merges.ts';
import type { Tokenizer } from './tokenizer.ts';
import { type AddedToken, type Step, type TokenizerParts, unsupportedTokenizer } from './tokenizer-parts.ts';

/** Token kinds of `tokenizer.ggml.token_type` (llama.h, `llama_token_type`). */
const unknownKind = 2;
const controlKind = 3;
const userDefinedKind = 4;

const digits: Step = { type: 'Digits', individual_digits: true };
const byteLevel: Step = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const bytesOnly: Step = { ...byteLevel, use_regex: false };
const split = (pattern: string): Step => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
    bytesOnly,
  ],
});

/** How a text is cut into words, by `tokenizer.ggml.pre`: as in the models' own tokenizer.json. */
const preTokenizers: ReadonlyMap<string, Step> = new Map([
  ['smollm', { type: 'Sequence', pretokenizers: [digits, byteLevel] }],
  ['gpt-2', byteLevel],
  ['default', byteLevel],
  [
    'qwen2',
    split(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ),
  ],
  [
    'llama-bpe',
    split(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ),
  ],
]);

interface Vocabulary {
  readonly texts: readonly string[];
  readonly added: readonly AddedToken[];
  /** Text to id, without the added ones. */
  readonly plain: Readonly<Record<string, number>>;
}

/**
 * A tokenizer from a GGUF file's metadata: `gpt2` (byte-level BPE) and `llama` (SentencePiece BPE) models.
 * Throws ExpectedError 'model_unsupported', naming the model or pre-tokenizer that is not known.
 */
export function fromGguf(metadata: ReadonlyMap<string, unknown>): Tokenizer {
  const vocabulary = readVocabulary(metadata);
  const model = metadata.get('tokenizer.ggml.model');
  const parts =
    model === 'gpt2'
      ? byteLevelParts(metadata, vocabulary)
      : model === 'llama'
        ? sentencePieceParts(metadata, vocabulary)
        : null;
  if (!parts) throw unsupportedTokenizer(`tokenizers of the kind ${String(model)} are not known`);
  const id = (name: string): number | null => {
    const value = metadata.get(`tokenizer.ggml.${name}_token_id`);
    return typeof value === 'number' && vocabulary.texts[value] !== undefined ? value : null;
  };
  const addsBos = metadata.get('tokenizer.ggml.add_bos_token') ?? model === 'llama';
  const named = {
    bos_token: id('bos'),
    eos_token: id('eos'),
    unk_token: id('unknown'),
    pad_token: id('padding'),
  };
  return bpeTokenizer(parts, {
    bosId: addsBos === true ? id('bos') : null,
    eosIds: endIds(
      vocabulary.added.filter((token) => token.special),
      id('eos'),
    ),
    namedTokens: Object.fromEntries(
      Object.entries(named).flatMap(([name, value]) =>
        value === null ? [] : [[name, vocabulary.texts[value]!]],
      ),
    ),
  });
}

function readVocabulary(metadata: ReadonlyMap<string, unknown>): Vocabulary {
  const texts = list(metadata, 'tokens', isString);
  const kinds = metadata.has('tokenizer.ggml.token_type') ? list(metadata, 'token_type', isNumber) : [];
  const added: AddedToken[] = [];
  const plain: Record<string, number> = Object.create(null);
  for (const [id, content] of texts.entries()) {
    const kind = kinds[id];
    const special = kind === controlKind || kind === unknownKind;
    if (content !== '' && (special || kind === userDefinedKind)) {
      added.push({
        id,
        content,
        special,
        normalized: false,
        single_word: false,
        lstrip: false,
        rstrip: false,
      });
    } else plain[content] = id;
  }
  return { texts, added, plain };
}

function byteLevelParts(metadata: ReadonlyMap<string, unknown>, vocabulary: Vocabulary): TokenizerParts {
  const name = String(metadata.get('tokenizer.ggml.pre') ?? 'default');
  const preTokenizer = preTokenizers.get(name);
  if (!preTokenizer) throw unsupportedTokenizer(`its way to cut words, ${name}, is not known`);
  const merges = list(metadata, 'merges', isString).map((merge): [string, string] => {
    // A piece may not hold a space (byte-level writes it as U+0120), so the first one separates.
    const at = merge.indexOf(' ', 1);
    return [merge.slice(0, at), merge.slice(at + 1)];
  });
  return {
    added_tokens: [...vocabulary.added],
    normalizer: name === 'qwen2' ? { type: 'NFC' } : null,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab: vocabulary.plain, merges, ignore_merges: name === 'llama-bpe' },
  };
}

function sentencePieceParts(metadata: ReadonlyMap<string, unknown>, vocabulary: Vocabulary): TokenizerParts {
  const scores = list(metadata, 'scores', isNumber);
  const spaced = metadata.get('tokenizer.ggml.add_space_prefix') !== false;
  const unknown = vocabulary.texts[Number(metadata.get('tokenizer.ggml.unknown_token_id') ?? 0)] ?? null;
  const toPieces: Step = { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' };
  return {
    added_tokens: [...vocabulary.added],
    normalizer: {
      type: 'Sequence',
      normalizers: spaced ? [{ type: 'Prepend', prepend: '\u2581' }, toPieces] : [toPieces],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [{ type: 'Replace' }, { type: 'ByteFallback' }, ...(spaced ? [{ type: 'Strip' }] : [])],
    },
    model: {
      type: 'BPE',
      vocab: vocabulary.plain,
      merges: sentencePieceMerges(vocabulary.plain, scores),
      unk_token: unknown,
      byte_fallback: true,
      fuse_unk: true,
    },
  };
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';

function list<T>(
  metadata: ReadonlyMap<string, unknown>,
  name: string,
  is: (value: unknown) => value is T,
): readonly T[] {
  const value = metadata.get(`tokenizer.ggml.${name}`);
  if (!Array.isArray(value) || !value.every(is))
    throw unsupportedTokenizer(`the file has no list of ${name}`);
  return value;
}
