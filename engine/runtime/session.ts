import { cpus } from 'node:os';
import * as ort from 'onnxruntime-node';
import { ExpectedError } from '../contract/errors.ts';

export type Session = ort.InferenceSession;
export const { Tensor } = ort;
export type Feeds = Readonly<Record<string, ort.Tensor>>;

/** All cores of a small machine, half of a large one's logical cores (their siblings add nothing to matrix work). */
export function threadCount(): number {
  const cores = cpus().length;
  return cores <= 4 ? cores : Math.ceil(cores / 2);
}

/** Loads a graph file with its weights. Throws ExpectedError 'model_incomplete' where a file is gone or damaged. */
export async function openSession(file: string): Promise<Session> {
  try {
    return await ort.InferenceSession.create(file, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threadCount(),
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    });
  } catch (cause) {
    throw new ExpectedError(
      'model_incomplete',
      `The model file ${file} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Set the model up again: its files are missing, damaged or from another version.',
      { cause },
    );
  }
}

/** Runs a graph; every output is float32 here. The call blocks the thread it is made on until the graph is done. */
export async function runSession<Name extends string>(
  session: Session,
  feeds: Feeds,
  outputs: readonly Name[],
): Promise<Record<Name, Float32Array>> {
  const results = await session.run(feeds, [...outputs]);
  return Object.fromEntries(outputs.map((name) => [name, results[name]!.data as Float32Array])) as Record<
    Name,
    Float32Array
  >;
}

export function float32(data: Float32Array, shape: readonly number[]): ort.Tensor {
  return new ort.Tensor('float32', data, shape);
}

export function int64(values: readonly number[]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [values.length]);
}

export function uint8(data: Uint8Array, shape: readonly number[]): ort.Tensor {
  return new ort.Tensor('uint8', data, shape);
}
