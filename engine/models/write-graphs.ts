import { open, rename, rm } from 'node:fs/promises';
import { toHalfArray } from '../nn/half.ts';
import { bytesOf, GraphWriter } from '../nn/onnx/graph.ts';
import { onnxOps } from '../nn/onnx/ops.ts';
import { type OnWeight, saveGraph } from '../nn/onnx/save-graph.ts';
import type { LinearPrecision } from '../nn/precision.ts';
import type { Weights } from '../nn/weights.ts';
import type { Encoder } from './encoder.ts';
import { type Fusion, fuse } from './fusion/fusion.ts';
import { type LlamaConfig, llama } from './llama.ts';
import { type FeatureShape, type Projector, project } from './projectors/projector.ts';

export interface WriteOptions {
  readonly precision: LinearPrecision;
  readonly onProgress?: OnWeight;
}

/** inputs_embeds [1, T, hidden] and the cache -> logits [1, 1, vocab] of the last position, new_rows. */
export async function writeLanguageModel(
  file: string,
  config: LlamaConfig,
  weights: Weights,
  { precision, onProgress }: WriteOptions,
): Promise<void> {
  await saveGraph(file, languageModelGraph(config, weights, precision).contents, onProgress);
}

/** What {@link writeLanguageModel} saves; no weight is read to make it. */
export function languageModelGraph(
  config: LlamaConfig,
  weights: Weights,
  precision: LinearPrecision,
): GraphWriter {
  const writer = new GraphWriter();
  const ops = onnxOps(writer, weights, precision);
  const embeddings = writer.input('inputs_embeds', 'float32', [1, 'tokens', config.hidden]);
  writer.output('logits', llama(ops, config, embeddings, 'last'));
  ops.finish();
  return writer;
}

/** At fp32, for one pass over a whole text: logits [1, T, vocab] of every position, no cached rows. */
export function languageModelReference(config: LlamaConfig, weights: Weights): GraphWriter {
  const writer = new GraphWriter();
  const embeddings = writer.input('inputs_embeds', 'float32', [1, 'tokens', config.hidden]);
  writer.output('logits', llama(onnxOps(writer, weights, 'fp32'), config, embeddings, 'all'));
  return writer;
}

/** frames, as `prepareFrames` makes them, [F, size, size, 3] -> features [F / framesPerStep, tokens, width]. */
export async function writeEncoder(
  file: string,
  encoder: Encoder,
  weights: Weights,
  { precision, onProgress }: WriteOptions,
): Promise<void> {
  await saveGraph(file, encoderGraph(encoder, weights, precision).contents, onProgress);
}

/** What {@link writeEncoder} saves; no weight is read to make it. */
export function encoderGraph(encoder: Encoder, weights: Weights, precision: LinearPrecision): GraphWriter {
  const writer = new GraphWriter();
  const ops = onnxOps(writer, weights, precision);
  const { size, normalisation } = encoder.spec;
  const frames = writer.input('frames', 'float32', ['frames', size, size, 3]);
  writer.output('features', encoder.build(ops, ops.normalisePixels(frames, normalisation)));
  return writer;
}

export interface VisualPath {
  /** In the order of the reference's `video_backbone_ids`. */
  readonly encoders: readonly {
    readonly id: string;
    /** Of its features. */
    readonly shape: FeatureShape;
    readonly projector: Projector;
    readonly weights: Weights;
  }[];
  readonly fusion: Fusion;
}

/** Token positions that the language model spends on the video, and what each encoder gives to the fusion. */
export interface VisualTokenCounts {
  readonly tokens: number;
  readonly perEncoder: readonly number[];
  /** Whether the graph has the output `mixing`. */
  readonly mixing: boolean;
}

const noWeights: Weights = {
  tensors: new Map(),
  read: async (name) => {
    throw new Error(`no weight ${name}`);
  },
};

/**
 * features_<id> [F, tokens, width] of every encoder -> visual [tokens, hidden] and, where the fusion has weights,
 * mixing [1, encoders]. Throws ExpectedError 'model_unsupported' where projectors, fusion and shapes do not fit.
 */
export async function writeVisualPath(
  file: string,
  path: VisualPath,
  onProgress?: OnWeight,
): Promise<VisualTokenCounts> {
  const { writer, counts } = visualGraph(path);
  await saveGraph(file, writer.contents, onProgress);
  return counts;
}

/** What {@link writeVisualPath} saves; no weight is read to make it. */
export function visualGraph(path: VisualPath): {
  readonly writer: GraphWriter;
  readonly counts: VisualTokenCounts;
} {
  if (path.encoders.length === 0) throw new Error('a visual path needs an encoder');
  const writer = new GraphWriter();
  const projected = path.encoders.map(({ id, shape, projector, weights }) => {
    const features = writer.input(`features_${id}`, 'float32', shape);
    return writer.within(`projector.${id}`, () =>
      project(onnxOps(writer, weights, 'fp32'), features, shape, projector, weights),
    );
  });
  const { fusion } = path;
  const hidden = projected[0]!.value.shape[1];
  if (typeof hidden !== 'number') throw new Error('a projector gives tokens of unknown width');
  const weights = 'weights' in fusion ? fusion.weights : noWeights;
  const { value, tokens, mixing } = writer.within('fusion', () =>
    fuse(onnxOps(writer, weights, 'fp32'), projected, fusion, hidden),
  );
  writer.output('visual', value);
  if (mixing !== null) writer.output('mixing', mixing);
  const perEncoder = projected.map((sequence) => sequence.tokens);
  return { writer, counts: { tokens, perEncoder, mixing: mixing !== null } };
}

/** Values that are converted and written at a time. */
const stretch = 1 << 22;

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
      for (let from = 0; from < table.length; from += stretch) {
        const part = table.subarray(from, from + stretch);
        await handle.writeFile(bytesOf(type === 'float16' ? toHalfArray(part) : part));
      }
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
