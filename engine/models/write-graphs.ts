import { open, rename, rm } from 'node:fs/promises';
import { toHalfArray } from '../nn/half.ts';
import { bytesOf, GraphWriter } from '../nn/onnx/graph.ts';
import { onnxOps } from '../nn/onnx/ops.ts';
import type { LinearPrecision } from '../nn/precision.ts';
import type { Weights } from '../nn/weights.ts';
import type { Encoder } from './encoder.ts';
import { type LlamaConfig, llama } from './llama.ts';
import { type LabelMixtureConfig, labelMixture } from './projectors/label-mixture.ts';

export interface WriteOptions {
  readonly precision: LinearPrecision;
  readonly onProgress?: (done: number, total: number) => void;
}

/** inputs_embeds [1, T, hidden] and the cache -> logits [1, 1, vocab] of the last position, new_rows. */
export async function writeLanguageModel(
  file: string,
  config: LlamaConfig,
  weights: Weights,
  { precision, onProgress }: WriteOptions,
): Promise<void> {
  const writer = new GraphWriter();
  const ops = onnxOps(writer, weights, precision);
  const embeddings = writer.input('inputs_embeds', 'float32', [1, 'tokens', config.hidden]);
  writer.output('logits', llama(ops, config, embeddings, 'last'));
  ops.finish();
  await writer.save(file, onProgress);
}

/** frames uint8 [F, size, size, 3] -> features [F, tokens, width]. */
export async function writeEncoder(
  file: string,
  encoder: Encoder,
  weights: Weights,
  { precision, onProgress }: WriteOptions,
): Promise<void> {
  const writer = new GraphWriter();
  const ops = onnxOps(writer, weights, precision);
  const { size, normalisation } = encoder.spec;
  const frames = writer.input('frames', 'uint8', ['frames', size, size, 3]);
  writer.output('features', encoder.build(ops, ops.normalisePixels(frames, normalisation)));
  await writer.save(file, onProgress);
}

/** One encoder's features [F, tokens, width] to the language model's space. */
export type Projector = { readonly kind: 'label-mixture' } & LabelMixtureConfig;

export interface VisualPath {
  readonly encoders: readonly {
    readonly id: string;
    /** Of its features: frames, tokens a frame, width. */
    readonly shape: readonly [number, number, number];
    readonly projector: Projector;
    readonly weights: Weights;
  }[];
}

/** features_<id> of every encoder -> visual [tokens, hidden]: projectors, then concatenation in the given order. */
export async function writeVisualPath(file: string, path: VisualPath): Promise<void> {
  const writer = new GraphWriter();
  const projected = path.encoders.map(({ id, shape, projector, weights }) => {
    const ops = onnxOps(writer, weights, 'fp32');
    return labelMixture(ops, writer.input(`features_${id}`, 'float32', shape), projector);
  });
  const first = projected[0];
  if (first === undefined) throw new Error('a visual path needs an encoder');
  const { concat } = onnxOps(writer, path.encoders[0]!.weights, 'fp32');
  writer.output('visual', projected.length === 1 ? first : concat(projected, 0));
  await writer.save(file);
}

/** The token embeddings as rows of a file, see runtime/embedding-table.ts. */
export async function writeEmbeddingTable(
  file: string,
  weights: Weights,
  type: 'float16' | 'float32',
): Promise<void> {
  const table = await weights.read('model.embed_tokens.weight');
  const temporary = `${file}.part`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(bytesOf(type === 'float16' ? toHalfArray(table) : table));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
