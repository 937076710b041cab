import { stat } from 'node:fs/promises';
import { adaptersOf, type InstallChoice, trainsLanguageModel } from '../contract/training.ts';
import { partBytes, readModel } from '../models/model.ts';
import { openTensors } from '../weights/open.ts';
import { adaptedBase, canStandApart } from './adapter-part.ts';
import { checkpointFile } from './install-run.ts';
import { readConfig } from './run-folder.ts';

/**
 * The forms in which a checkpoint can become a model that answers, the proposed one first, and what each adds to the disk.
 * Throws ExpectedError 'not_found' for a checkpoint that is not kept, 'model_missing', 'model_incomplete' for the base.
 */
export async function installForms(
  folder: string,
  step: number,
  modelsFolder: string,
): Promise<InstallChoice[]> {
  const config = readConfig(folder);
  const base = await readModel(modelsFolder, config.modelId);
  const checkpoint = checkpointFile(folder, step);
  const kept = (await stat(checkpoint)).size + (base.visual === null ? 0 : partBytes(base.visual.part));
  const whole = trainsLanguageModel(config.recipe) ? partBytes(base.languageModel.part) : 0;
  const merged = { form: 'merged', bytes: kept + whole } as const;
  const scale = adaptersOf(config);
  if (scale === null) return [merged];
  const trained = await openTensors(checkpoint);
  try {
    const adapted = await adaptedBase(base, trained, scale);
    return canStandApart(adapted) ? [{ form: 'adapter', bytes: kept + adapted.bytes }, merged] : [merged];
  } finally {
    await trained.close();
  }
}
