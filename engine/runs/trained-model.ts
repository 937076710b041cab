import { readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import type { ModelSource } from '../contract/hub.ts';
import { bundleFile, trainedFile } from '../models/bundle.ts';
import { namesIn } from '../store/names-in.ts';
import { originalsSchema } from './originals.ts';
import { runFile } from './run-folder.ts';

/** Beside `trained.json`, kept for as long as something needs them. */
export const trainedWeights = 'model.safetensors';

const trainedSchema = z.object({
  format: z.literal(1),
  /** For people: name of the run and its step. */
  run: z.string(),
  step: z.number().int(),
  originals: originalsSchema,
});
export type Trained = z.infer<typeof trainedSchema>;

/** Below the data folder: one folder a trained model. */
export function trainedFolder(data: string): string {
  return join(data, 'trained');
}

/** Null for a model that was not trained here. Throws ExpectedError 'file_corrupt'. */
export async function readTrained(source: ModelSource): Promise<Trained | null> {
  if (source.kind !== 'local') return null;
  const path = join(source.path, trainedFile);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return trainedSchema.parse(JSON.parse(text));
  } catch (cause) {
    const what = `What the model was trained from, ${path}, cannot be read.`;
    throw new ExpectedError('file_corrupt', what, 'Install it from its run again.', { cause });
  }
}

/** Removes weights of trained models that are gone, unless another model or a run was trained from them. */
export function removeUnusedTrained(data: string, modelsFolder: string, runs: string): void {
  const root = trainedFolder(data);
  const folders = namesIn(root).map((name) => join(root, name));
  const texts = [
    ...namesIn(modelsFolder).map((name) => textOf(join(modelsFolder, name, bundleFile))),
    ...namesIn(runs).map((name) => textOf(runFile(join(runs, name), 'originals'))),
  ];
  for (const folder of folders) {
    const others = folders
      .filter((other) => other !== folder)
      .map((other) => textOf(join(other, trainedFile)));
    const path = JSON.stringify(folder).slice(1, -1);
    if (![...texts, ...others].some((text) => text.includes(path))) rmSync(folder, { recursive: true });
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
