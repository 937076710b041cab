import { readdirSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { partsFolder } from '../../models/part.ts';
import type { EngineRegister } from '../../store/engines.ts';
import type { JobStore } from '../../store/jobs.ts';
import { foldersIn, modelFolders } from './part-usage.ts';
import { removedPrefix, removeUnusedParts } from './remove.ts';

/**
 * To be called once at start: removes what killed engines left in the models folder: parts that nothing uses, pieces
 * of parts and descriptions that were being written, folders that were being removed. Does nothing while another
 * engine lives: what looks abandoned may be its work.
 */
export async function collectGarbage(
  modelsFolder: string,
  store: JobStore,
  engines: EngineRegister,
): Promise<void> {
  if (engines.others().length > 0) return;
  const parts = join(modelsFolder, partsFolder);
  for (const name of foldersIn(parts)) {
    if (name.startsWith(removedPrefix) || isPartial(name)) await rm(join(parts, name), { recursive: true });
  }
  for (const name of modelFolders(modelsFolder)) {
    const folder = join(modelsFolder, name);
    for (const file of partialFiles(folder)) await rm(join(folder, file));
    // Made for a description that was never written. One with something in it, or of another user, stays.
    await rmdir(folder).catch(() => {});
  }
  await removeUnusedParts(modelsFolder, store);
}

function partialFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && isPartial(entry.name))
      .map(({ name }) => name);
  } catch {
    // Not ours to read: the lost+found of a disk of its own.
    return [];
  }
}

const isPartial = (name: string): boolean => /\.\d+\.partial$/.test(name);
