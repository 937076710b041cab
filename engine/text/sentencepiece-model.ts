import protobuf from 'protobufjs/light.js';
import { damagedTokenizer, mostTokens, unsupportedTokenizer } from './tokenizer-parts.ts';

export interface Piece {
  readonly text: string;
  readonly score: number;
  readonly type: number;
}

/** sentencepiece_model.proto, `ModelProto.SentencePiece.Type`; GGUF uses the same numbers. */
export const pieceTypes = { unknown: 2, control: 3, userDefined: 4 } as const;

/** `TrainerSpec.ModelType`. */
const bpe = 2;
const modelTypes: ReadonlyMap<number, string> = new Map([
  [1, 'unigram'],
  [3, 'word'],
  [4, 'character'],
]);

/** The fields that are read, of those in sentencepiece_model.proto. */
const schema = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        pieces: { rule: 'repeated', type: 'Piece', id: 1 },
        trainer: { type: 'Trainer', id: 2 },
      },
    },
    Piece: {
      fields: {
        text: { type: 'string', id: 1 },
        score: { type: 'float', id: 2 },
        type: { type: 'int32', id: 3, options: { default: 1 } },
      },
    },
    Trainer: { fields: { modelType: { type: 'int32', id: 3, options: { default: 1 } } } },
  },
}).lookupType('Model');

interface Model {
  readonly pieces: readonly Piece[];
  readonly trainer: { readonly modelType: number } | null;
}

/**
 * The pieces of a SentencePiece model file, BPE only. Throws ExpectedError 'file_corrupt', 'model_unsupported'.
 */
export function readSentencePiece(bytes: Uint8Array, file: string): readonly Piece[] {
  const { pieces, trainer } = decode(bytes, file);
  if (pieces.length === 0 || pieces.length > mostTokens) {
    throw damagedTokenizer(file, `it has ${pieces.length} pieces`);
  }
  const type = trainer?.modelType ?? 1;
  if (type !== bpe) {
    const kind = modelTypes.get(type) ?? String(type);
    throw unsupportedTokenizer(file, `SentencePiece models of the kind ${kind} are not known`);
  }
  for (const [id, { score }] of pieces.entries()) {
    if (!Number.isFinite(score)) throw damagedTokenizer(file, `its piece ${id} has no score`);
  }
  return pieces;
}

function decode(bytes: Uint8Array, file: string): Model {
  try {
    return schema.decode(bytes) as unknown as Model;
  } catch (error) {
    throw damagedTokenizer(file, error instanceof Error ? error.message : String(error), error);
  }
}
