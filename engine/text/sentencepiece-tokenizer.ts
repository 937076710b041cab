import { bpeTokenizer } from './bpe-tokenizer.ts';
import { sentencePieceMerges } from './sentencepiece-merges.ts';
import { pieceTypes, readSentencePiece } from './sentencepiece-model.ts';
import type { Tokenizer } from './tokenizer.ts';
import { settingsOf, type TokenizerConfig, withConfigTokens } from './tokenizer-config.ts';
import type { AddedToken, TokenizerParts } from './tokenizer-parts.ts';

type Steps = Pick<TokenizerParts, 'normalizer' | 'preTokenizer' | 'decoder'>;

/**
 * LLaMA's steps around a SentencePiece model (transformers 4.44.2, LlamaConverter). `spaced`: a space comes in front of a
 * text. In the `legacy` way it comes in front of what follows a special token too.
 */
export function sentencePieceSteps(spaced: boolean, legacy: boolean): Steps {
  const decoder = {
    type: 'Sequence',
    decoders: [{ type: 'Replace' }, { type: 'ByteFallback' }, ...(spaced ? [{ type: 'Strip' }] : [])],
  };
  if (!legacy) {
    const preTokenizer = {
      type: 'Metaspace',
      replacement: '\u2581',
      prepend_scheme: spaced ? 'first' : 'never',
    };
    return { normalizer: null, preTokenizer, decoder };
  }
  const toPieces = { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' };
  return {
    normalizer: {
      type: 'Sequence',
      normalizers: spaced ? [{ type: 'Prepend', prepend: '\u2581' }, toPieces] : [toPieces],
    },
    preTokenizer: null,
    decoder,
  };
}

const llamaTokens = { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' };

/**
 * A tokenizer from a tokenizer.model (SentencePiece, BPE) and its configuration, as transformers 4.44.2 makes a
 * LlamaTokenizerFast of them: the file's own normalisation is not used. `file` is named in errors.
 * Throws ExpectedError 'file_corrupt', 'model_unsupported'.
 */
export function fromSentencePiece(bytes: Uint8Array, config: TokenizerConfig, file: string): Tokenizer {
  const pieces = readSentencePiece(bytes, file);
  const settings: TokenizerConfig = {
    ...config,
    bos_token: config.bos_token ?? llamaTokens.bos_token,
    eos_token: config.eos_token ?? llamaTokens.eos_token,
    unk_token: config.unk_token ?? llamaTokens.unk_token,
    add_bos_token: config.add_bos_token ?? true,
  };
  const ids = new Map(pieces.map(({ text }, id) => [text, id]));
  const own = pieces.flatMap(({ text, type }, id): readonly AddedToken[] => {
    if (text === '' || (type !== pieceTypes.control && type !== pieceTypes.userDefined)) return [];
    const special = type === pieceTypes.control;
    return [{ id, content: text, special, normalized: false, lstrip: false, rstrip: false }];
  });
  const added = withConfigTokens(own, ids, settings);
  const parts: TokenizerParts = {
    ...sentencePieceSteps(settings.add_prefix_space ?? true, settings.legacy ?? true),
    ...{ file, added, ids },
    merges: sentencePieceMerges(
      ids,
      pieces.map(({ score }) => score),
    ),
    unknown: pieces.find(({ type }) => type === pieceTypes.unknown)?.text ?? null,
    byteFallback: true,
    fuseUnknown: true,
    ignoreMerges: false,
  };
  return bpeTokenizer(parts, settingsOf(settings, added, ids, null));
}
