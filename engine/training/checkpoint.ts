import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import type { Parameters } from '../nn/torch/parameters.ts';
import { openTensors } from '../weights/open.ts';
import { type OutgoingTensor, safetensorsBytes } from '../weights/write-safetensors.ts';
import type { AdamW, Moments } from './adam-w.ts';
import { writeFolder } from './write-folder.ts';

const stateSchema = z.object({
  version: z.literal(1),
  /** Updates that were made. */
  step: z.number().int().nonnegative(),
  /** Of the last update. */
  loss: z.number(),
  /** What the run is: a checkpoint of another recipe, data set or seed cannot be resumed. */
  recipe: z.string(),
});
export type CheckpointState = z.infer<typeof stateSchema>;

/** In a run's folder: one folder a checkpoint. */
export const checkpointsFolder = 'checkpoints';

/** `model`: what is trained, by the parameters' names. `optimizer`: `<name>.{mean,square,step}`. */
const files = {
  model: 'model.safetensors',
  optimizer: 'optimizer.safetensors',
  state: 'state.json',
} as const;
const nameOf = (step: number) => `step-${String(step).padStart(6, '0')}`;

/** The step of a checkpoint's folder by its name; null for another one. */
export function checkpointStep(name: string): number | null {
  const step = /^step-(\d+)$/.exec(name)?.[1];
  return step === undefined ? null : Number(step);
}

/** What was trained, of the checkpoint of a step. */
export function trainedFileOf(checkpoints: string, step: number): string {
  return join(checkpoints, nameOf(step), files.model);
}

function outgoing(parameters: Parameters, name: string, tensor: Moments['mean']): OutgoingTensor {
  return {
    name,
    type: tensor.dtype === 'bfloat16' ? 'BF16' : 'F32',
    shape: tensor.shape,
    values: () => parameters.torch.read(tensor),
  };
}

/** Writes `<checkpoints>/step-NNNNNN`, whole or not at all; returns its path. Throws ExpectedError 'disk_full'. */
export async function saveCheckpoint(
  checkpoints: string,
  parameters: Parameters,
  optimiser: AdamW,
  state: Omit<CheckpointState, 'version'>,
): Promise<string> {
  const folder = join(checkpoints, nameOf(state.step));
  const trained = parameters.trainable().map((name) => outgoing(parameters, name, parameters.get(name)));
  const moments = [...optimiser.state()].flatMap(([name, { mean, square, step }]) => [
    outgoing(parameters, `${name}.mean`, mean),
    outgoing(parameters, `${name}.square`, square),
    outgoing(parameters, `${name}.step`, step),
  ]);
  const text = `${JSON.stringify({ version: 1, ...state } satisfies CheckpointState, null, 2)}\n`;
  await writeFolder(folder, [
    { name: files.model, pieces: safetensorsBytes(trained) },
    { name: files.optimizer, pieces: safetensorsBytes(moments) },
    { name: files.state, pieces: [Buffer.from(text)] },
  ]);
  return folder;
}

/** Whole checkpoints of a run, oldest first. */
export async function listCheckpoints(
  checkpoints: string,
): Promise<readonly { readonly folder: string; readonly step: number }[]> {
  const names = await readdir(checkpoints).catch(() => []);
  return names
    .flatMap((name) => {
      const step = checkpointStep(name);
      return step === null ? [] : [{ folder: join(checkpoints, name), step }];
    })
    .sort((a, b) => a.step - b.step);
}

/** Removes all but the last `count` and those of `keep` (steps). */
export async function keepLast(checkpoints: string, count: number, keep: ReadonlySet<number>): Promise<void> {
  const all = await listCheckpoints(checkpoints);
  for (const { folder, step } of all.slice(0, Math.max(0, all.length - count))) {
    if (!keep.has(step)) await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Puts parameters and optimiser where they were. Throws ExpectedError 'file_corrupt' where a file is damaged or belongs to
 * another run; the parameters may be partly replaced then.
 */
export async function restoreCheckpoint(
  folder: string,
  parameters: Parameters,
  optimiser: AdamW,
  recipe: string,
): Promise<CheckpointState> {
  const state = await readState(folder);
  if (state.recipe !== recipe) throw foreign(folder, 'it was made with other settings or data');
  const model = await openTensors(join(folder, files.model));
  try {
    for (const name of parameters.trainable()) {
      const info = model.tensors.get(name);
      const { shape } = parameters.get(name);
      if (info === undefined || String(info.shape) !== String(shape))
        throw foreign(folder, `it has no ${name}`);
      parameters.assign(name, await model.read(name));
    }
  } finally {
    await model.close();
  }
  const moments = await openTensors(join(folder, files.optimizer));
  try {
    for (const name of parameters.trainable()) {
      // What never had a gradient has no moments.
      if (!moments.tensors.has(`${name}.mean`)) continue;
      const [mean, square] = [await moments.read(`${name}.mean`), await moments.read(`${name}.square`)];
      const [step = 0] = await moments.read(`${name}.step`);
      optimiser.restore(name, { mean, square, step });
    }
  } finally {
    await moments.close();
  }
  return state;
}

async function readState(folder: string): Promise<CheckpointState> {
  try {
    return stateSchema.parse(JSON.parse(await readFile(join(folder, files.state), 'utf8')));
  } catch (error) {
    throw foreign(folder, 'its state.json is missing or damaged', error);
  }
}

function foreign(folder: string, why: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'file_corrupt',
    `The checkpoint ${folder} cannot be resumed: ${why}.`,
    'Resume from an earlier checkpoint, or duplicate the run.',
    cause === undefined ? undefined : { cause },
  );
}
