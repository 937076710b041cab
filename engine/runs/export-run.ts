import { existsSync } from 'node:fs';
import { ExpectedError } from '../contract/errors.ts';
import { writeAdapterOf } from '../training/adapters.ts';
import { openTensors } from '../weights/open.ts';
import { checkpointFile } from './install-run.ts';
import { readConfig } from './run-folder.ts';
import { adapterOf } from './trainable.ts';

/**
 * Writes a checkpoint's adapter for use elsewhere: a folder that PEFT opens. Throws ExpectedError 'not_found',
 * 'bad_request' for a run without adapters, 'not_allowed' where something is there, 'disk_full'.
 */
export async function exportRun(folder: string, step: number, path: string): Promise<void> {
  const config = readConfig(folder);
  const checkpoint = checkpointFile(folder, step);
  const adapter = adapterOf(config);
  if (adapter === null) {
    throw new ExpectedError(
      'bad_request',
      `The run ${config.name} has no adapters: it trains the weights themselves, or none of the language model.`,
      'Install it as a model instead.',
    );
  }
  if (existsSync(path)) {
    throw new ExpectedError('not_allowed', `${path} is there already.`, 'Name a folder that is not there.');
  }
  const source = await openTensors(checkpoint);
  try {
    await writeAdapterOf(path, source, adapter, config.modelId);
  } finally {
    await source.close();
  }
}
