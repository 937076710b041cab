import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import * as ort from 'onnxruntime-node';
import { ExpectedError } from '../contract/errors.ts';
import type { ProviderName } from '../contract/settings.ts';

export type Session = ort.InferenceSession;
export const { Tensor } = ort;
export type Feeds = Readonly<Record<string, ort.Tensor>>;

/** ONNX Runtime's version: what was found out about a provider holds for it. */
export const runtimeVersion = ort.env.versions.node ?? ort.env.versions.common;

/** All cores of a small machine, half of a large one's logical cores (their siblings add nothing to matrix work). */
export function threadCount(): number {
  const cores = cpus().length;
  return cores <= 4 ? cores : Math.ceil(cores / 2);
}

/** A graph on the disk; `weights` is the folder of its data files, where it is not the graph's own. */
export interface GraphPlace {
  readonly file: string;
  readonly weights?: string;
}

/**
 * Loads a graph file with its weights. What another provider than the processor cannot compute it leaves to the
 * processor. Throws ExpectedError 'model_incomplete' where a file is gone or damaged, 'out_of_memory'.
 */
export async function openSession(
  { file, weights }: GraphPlace,
  provider: ProviderName = 'cpu',
): Promise<Session> {
  try {
    const options: ort.InferenceSession.SessionOptions = {
      executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
      intraOpNumThreads: threadCount(),
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    };
    if (weights === undefined) return await ort.InferenceSession.create(file, options);
    // ONNX Runtime looks elsewhere only for graphs that it is given as bytes.
    const extra = { session: { model_external_initializers_file_folder_path: weights } };
    return await ort.InferenceSession.create(await readFile(file), { ...options, extra });
  } catch (cause) {
    if (isLackOfMemory(cause)) throw outOfMemory(`loading ${file}`, cause);
    throw new ExpectedError(
      'model_incomplete',
      `The model file ${file} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Set the model up again: its files are missing, damaged or from another version.',
      { cause },
    );
  }
}

/**
 * Runs a graph; every output is float32 here. The call blocks the thread it is made on until the graph is done.
 * Throws ExpectedError 'out_of_memory'.
 */
export async function runSession<Name extends string>(
  session: Session,
  feeds: Feeds,
  outputs: readonly Name[],
): Promise<Record<Name, Float32Array>> {
  const results = await session.run(feeds, [...outputs]).catch((cause: unknown) => {
    throw isLackOfMemory(cause) ? outOfMemory('computing', cause) : cause;
  });
  return Object.fromEntries(outputs.map((name) => [name, results[name]!.data as Float32Array])) as Record<
    Name,
    Float32Array
  >;
}

function isLackOfMemory(error: unknown): boolean {
  return error instanceof Error && /bad_alloc|out of memory|failed to allocate/i.test(error.message);
}

function outOfMemory(doing: string, cause: unknown): ExpectedError {
  return new ExpectedError(
    'out_of_memory',
    `This machine's memory does not suffice for ${doing}.`,
    'Close other programs, or choose a smaller model or a lower precision.',
    { cause },
  );
}

export function float32(data: Float32Array, shape: readonly number[]): ort.Tensor {
  return new ort.Tensor('float32', data, shape);
}

export function int64(values: readonly number[]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [values.length]);
}
