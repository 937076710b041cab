import * as ort from 'onnxruntime-node';
import { cancelled } from '../contract/errors.ts';
import type { GraphContents, Initializer } from '../nn/onnx/graph.ts';
import { type GraphSegment, segmentsOf } from '../nn/onnx/segments.ts';
import { type Feeds, threadCount } from './session.ts';

/** Weights that are in memory at once, where no single one is larger. */
const defaultBytes = 256 * 2 ** 20;

export interface SegmentedRun {
  readonly feeds: Feeds;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  readonly bytes?: number;
}

/**
 * Computes a float32 graph stretch by stretch on the processor, each stretch's weights read when its turn comes and
 * given up after it: nothing is written to disk. The graph's outputs by name, float32. Throws ExpectedError 'cancelled'
 * between two stretches, and what reading a weight throws.
 */
export async function runSegments(
  graph: GraphContents,
  { feeds, signal, onProgress, bytes = defaultBytes }: SegmentedRun,
): Promise<Readonly<Record<string, Float32Array>>> {
  const values = new Map(Object.entries(feeds));
  const segments = segmentsOf(graph, bytes);
  for (const [number, segment] of segments.entries()) {
    if (signal.aborted) throw cancelled();
    onProgress?.(number, segments.length);
    for (const [name, value] of Object.entries(await run(segment, values))) values.set(name, value);
    for (const name of segment.drops) values.delete(name);
  }
  onProgress?.(segments.length, segments.length);
  return Object.fromEntries(graph.outputs.map(({ name }) => [name, values.get(name)!.data as Float32Array]));
}

async function run(segment: GraphSegment, values: ReadonlyMap<string, ort.Tensor>) {
  const session = await ort.InferenceSession.create(await segment.model(), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threadCount(),
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const feeds: Record<string, ort.Tensor> = {};
    for (const name of segment.takes) feeds[name] = values.get(name)!;
    for (const weight of segment.weights) feeds[weight.value.name] = await tensorOf(weight);
    return await session.run(feeds, [...segment.gives]);
  } finally {
    await session.release();
  }
}

async function tensorOf({ value, bytes }: Initializer): Promise<ort.Tensor> {
  if (value.type !== 'float32') throw new Error(`a ${value.type} weight in a float32 graph`);
  const data = await bytes();
  const floats = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  return new ort.Tensor('float32', floats, value.shape as readonly number[]);
}
