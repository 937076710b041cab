import { bpeTokenizer } from './bpe-tokenizer.ts';
import { endIds } from './end-tokens.ts';
import { sentencePieceMerges } from './sentencepiece-merges.ts';
import { sentencePieceSteps } from './sentencepiece-tokenizer.ts';
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
  /** Without the added ones. */
  readonly ids: ReadonlyMap<string, number>;
}

type Metadata = ReadonlyMap<string, unknown>;

/**
 * A tokenizer from a GGUF file's metadata: `gpt2` (byte-level BPE) and `llama` (SentencePiece BPE) models. `file` is named
 * in errors. Throws ExpectedError 'model_unsupported', naming the model or pre-tokenizer that is not known, 'file_corrupt'.
 */
export function fromGguf(metadata: Metadata, file = 'the GGUF file'): Tokenizer {
  const vocabulary = readVocabulary(metadata, file);
  const model = metadata.get('tokenizer.ggml.model');
  const parts =
    model === 'gpt2'
      ? byteLevelParts(metadata, vocabulary, file)
      : model === 'llama'
        ? sentencePieceParts(metadata, vocabulary, file)
        : null;
  if (!parts) throw unsupportedTokenizer(file, `tokenizers of the kind ${String(model)} are not known`);
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

function readVocabulary(metadata: Metadata, file: string): Vocabulary {
  const texts = list(metadata, 'tokens', isString, file);
  const kinds = metadata.has('tokenizer.ggml.token_type') ? list(metadata, 'token_type', isNumber, file) : [];
  const added: AddedToken[] = [];
  const ids = new Map<string, number>();
  for (let id = 0; id < texts.length; id++) {
    const content = texts[id]!;
    const kind = kinds[id];
    const special = kind === controlKind || kind === unknownKind;
    if (content !== '' && (special || kind === userDefinedKind)) {
      added.push({ id, content, special, normalized: false, lstrip: false, rstrip: false });
    } else ids.set(content, id);
  }
  return { texts, added, ids };
}

function byteLevelParts(metadata: Metadata, { added, ids }: Vocabulary, file: string): TokenizerParts {
  const name = String(metadata.get('tokenizer.ggml.pre') ?? 'default');
  const preTokenizer = preTokenizers.get(name);
  if (!preTokenizer) throw unsupportedTokenizer(file, `its way to cut words, ${name}, is not known`);
  // A piece may not hold a space (byte-level writes it as U+0120): the one in the middle separates.
  const pairs = list(metadata, 'merges', isString, file);
  const merges = new Map<string, number>();
  for (let rank = 0; rank < pairs.length; rank++) merges.set(pairs[rank]!, rank);
  return {
    ...{ file, added, ids, merges, preTokenizer },
    normalizer: name === 'qwen2' ? { type: 'NFC' } : null,
    decoder: { type: 'ByteLevel' },
    unknown: null,
    byteFallback: false,
    fuseUnknown: false,
    ignoreMerges: name === 'llama-bpe',
  };
}

function sentencePieceParts(
  metadata: Metadata,
  { texts, added, ids }: Vocabulary,
  file: string,
): TokenizerParts {
  const spaced = metadata.get('tokenizer.ggml.add_space_prefix') !== false;
  return {
    ...sentencePieceSteps(spaced, true),
    ...{ file, added, ids },
    merges: sentencePieceMerges(ids, list(metadata, 'scores', isNumber, file)),
    unknown: texts[Number(metadata.get('tokenizer.ggml.unknown_token_id') ?? 0)] ?? null,
    byteFallback: true,
    fuseUnknown: true,
    ignoreMerges: false,
  };
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';

function list<T>(
  metadata: Metadata,
  name: string,
  is: (value: unknown) => value is T,
  file: string,
): readonly T[] {
  const value = metadata.get(`tokenizer.ggml.${name}`);
  if (!Array.isArray(value) || !value.every(is)) {
    throw unsupportedTokenizer(file, `it has no list of ${name}`);
  }
  return value;
}
