import { join } from 'node:path';
import { cancelled } from '../../contract/errors.ts';
import type { Quality } from '../../contract/models.ts';
import type { Encoder } from '../../models/encoder.ts';
import type { LlamaConfig } from '../../models/llama.ts';
import type { PartSpec, SpecOf } from '../../models/part.ts';
import { encoderGraph, languageModelReference } from '../../models/write-graphs.ts';
import type { Weights } from '../../nn/weights.ts';
import { EmbeddingTable } from '../../runtime/embedding-table.ts';
import { EncoderSession } from '../../runtime/encoder-session.ts';
import { LanguageModel } from '../../runtime/language-model.ts';
import { runSegments } from '../../runtime/run-segments.ts';
import { float32, int64 } from '../../runtime/session.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';
import { compareFeatures, LogitFigures } from './figures.ts';
import { probeFrames, probeIds } from './probe.ts';

/** What a part was converted from, opened. */
export type QualityReference =
  | { readonly role: 'encoder'; readonly encoder: Encoder; readonly weights: Weights }
  | {
      readonly role: 'languageModel';
      readonly config: LlamaConfig;
      readonly weights: Weights;
      /** null probes with ids drawn from a seed, which says less than text does. */
      readonly tokenizer: Tokenizer | null;
    };

export interface QualityJob {
  /** Holds the part's files. */
  readonly folder: string;
  readonly spec: PartSpec;
  readonly reference: QualityReference;
  readonly signal: AbortSignal;
  /** Steps done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Bytes of the reference's weights that are in memory at once. */
  readonly segmentBytes?: number;
}

/** Frames of an encoder that sees each alone. */
const loneFrames = 4;

/**
 * How far a converted part is from the same at fp32, on a fixed probe. The fp32 side is computed from the original's
 * weights stretch by stretch, so that its memory is that of a few layers. Throws ExpectedError 'cancelled',
 * 'model_incomplete', and what reading a weight throws.
 */
export async function measureQuality(job: QualityJob): Promise<Quality> {
  const { spec, reference } = job;
  if (spec.role === 'encoder' && reference.role === 'encoder') return ofEncoder(job, spec, reference);
  if (spec.role === 'languageModel' && reference.role === 'languageModel')
    return ofLanguageModel(job, spec, reference);
  throw new Error(`a ${spec.role} cannot be held against a ${reference.role}`);
}

async function ofEncoder(
  { folder, signal, onProgress, segmentBytes }: QualityJob,
  spec: SpecOf<'encoder'>,
  { encoder, weights }: Extract<QualityReference, { role: 'encoder' }>,
): Promise<Quality> {
  const { size, width } = spec;
  const count = spec.clipFrames ?? loneFrames * spec.framesPerStep;
  const frames = probeFrames(count, size);
  const { features } = await runSegments(encoderGraph(encoder, weights, 'fp32').contents, {
    feeds: { frames: float32(frames, [count, size, size, 3]) },
    signal,
    ...(onProgress && { onProgress: (done, total) => onProgress(done, total + 1) }),
    ...(segmentBytes && { bytes: segmentBytes }),
  });
  if (signal.aborted) throw cancelled();
  const session = await EncoderSession.open(join(folder, spec.graph));
  try {
    return compareFeatures(await session.encode(frames, size), features!, width);
  } finally {
    await session.close();
  }
}

async function ofLanguageModel(
  { folder, signal, onProgress, segmentBytes }: QualityJob,
  spec: SpecOf<'languageModel'>,
  { config, weights, tokenizer }: Extract<QualityReference, { role: 'languageModel' }>,
): Promise<Quality> {
  const ids = probeIds(config.vocab, tokenizer);
  const { hidden, vocab } = config;
  // Rotary tables of more positions would only take time: every stretch makes them anew.
  const short = { ...config, rope: { ...config.rope, positions: ids.length } };
  let stretches = 0;
  const { logits: expected } = await runSegments(languageModelReference(short, weights).contents, {
    feeds: {
      inputs_embeds: float32(await embeddingRows(weights, ids, hidden), [1, ids.length, hidden]),
      ...emptyCache(config),
    },
    signal,
    onProgress(done, total) {
      stretches = total;
      onProgress?.(done, total + ids.length);
    },
    ...(segmentBytes && { bytes: segmentBytes }),
  });

  const table = new EmbeddingTable(join(folder, spec.embeddings), { ...spec, type: spec.embeddingType });
  const model = await LanguageModel.open(join(folder, spec.graph), spec);
  const figures = new LogitFigures();
  try {
    // One by one, as answers are generated; each is given the true text so far, whatever it would have said itself.
    for (const [position, id] of ids.entries()) {
      if (signal.aborted) throw cancelled();
      const logits = await model.forward(table.rows([id]));
      figures.add(logits, expected!.subarray(position * vocab, (position + 1) * vocab));
      onProgress?.(stretches + position + 1, stretches + ids.length);
    }
  } finally {
    table.close();
    await model.close();
  }
  return figures.figures;
}

/** Rows of the embedding table as the original has them: [ids.length, hidden]. */
async function embeddingRows(
  weights: Weights,
  ids: readonly number[],
  hidden: number,
): Promise<Float32Array> {
  const table = await weights.read('model.embed_tokens.weight');
  const rows = new Float32Array(ids.length * hidden);
  for (const [i, id] of ids.entries()) rows.set(table.subarray(id * hidden, (id + 1) * hidden), i * hidden);
  return rows;
}

/** Nothing was read before. */
function emptyCache({ layers, kvHeads, rope }: LlamaConfig) {
  const none = () => float32(new Float32Array(0), [1, kvHeads, 0, rope.headDim]);
  const entries = Array.from({ length: layers }, (_, layer) => [
    [`past_key_${layer}`, none()] as const,
    [`past_value_${layer}`, none()] as const,
  ]);
  return { ...Object.fromEntries(entries.flat()), past_length: int64([0]) };
}
