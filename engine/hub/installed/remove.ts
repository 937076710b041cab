import { randomUUID } from 'node:crypto';
import { readdirSync, renameSync, statSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ExpectedError } from '../../contract/errors.ts';
import { bundleFile, readBundle } from '../../models/bundle.ts';
import { partKeys } from '../../models/model.ts';
import { partFolder, partsFolder } from '../../models/part.ts';
import type { JobStore } from '../../store/jobs.ts';
import { usedParts } from './part-usage.ts';

/** What is on its way out: names that begin so are of nobody any more. */
export const removedPrefix = '.removed-';

/**
 * Removes a model, and the parts that no other model and no job under way uses; bytes freed. A kill in between leaves
 * parts that {@link collectGarbage} removes at the next start. Throws ExpectedError 'model_missing', 'busy'.
 */
export async function removeModel(modelsFolder: string, id: string, store: JobStore): Promise<number> {
  const folder = join(modelsFolder, id);
  const isModel = /^[a-z0-9][a-z0-9._-]*$/.test(id) && id !== partsFolder;
  if (!isModel || !(await stat(join(folder, bundleFile)).catch(() => null))) {
    throw new ExpectedError(
      'model_missing',
      `There is no model ${id} in ${modelsFolder}.`,
      'Look at the list of models.',
    );
  }
  const keys = new Set(await readBundle(modelsFolder, id).then(partKeys, () => []));
  // Without its description it is no model any more; the rest is garbage from here on.
  await rm(join(folder, bundleFile));
  const own = bytesIn(folder);
  await rm(folder, { recursive: true, force: true });
  return own + (await removeUnusedParts(modelsFolder, store, (key) => keys.has(key)));
}

/** Removes parts that no model and no job under way uses; bytes freed. `only` narrows which may go. */
export async function removeUnusedParts(
  modelsFolder: string,
  store: JobStore,
  only: (key: string) => boolean = () => true,
): Promise<number> {
  const gone = store.withPartsInUse((inUse) => {
    const used = usedParts(modelsFolder);
    if (used === null) return [];
    return keysIn(modelsFolder)
      .filter((key) => only(key) && !used.has(key) && !inUse.has(key))
      .map((key) => putAside(modelsFolder, key));
  });
  let freed = 0;
  for (const folder of gone) {
    freed += bytesIn(folder);
    await rm(folder, { recursive: true, force: true });
  }
  return freed;
}

/** Takes a part out of use at once; returns where it lies until it is deleted. Throws ExpectedError 'busy'. */
export function putAside(modelsFolder: string, key: string): string {
  const aside = join(modelsFolder, partsFolder, `${removedPrefix}${randomUUID()}`);
  try {
    renameSync(partFolder(modelsFolder, key), aside);
  } catch (cause) {
    // Windows does not rename a folder of which a file is open.
    throw new ExpectedError(
      'busy',
      `The part ${key} is in use and cannot be removed.`,
      'Close other windows of MERV Studio, then try again.',
      { cause },
    );
  }
  return aside;
}

function keysIn(modelsFolder: string): readonly string[] {
  try {
    return readdirSync(join(modelsFolder, partsFolder)).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

function bytesIn(folder: string): number {
  try {
    return readdirSync(folder, { withFileTypes: true }).reduce(
      (sum, entry) =>
        sum +
        (entry.isDirectory() ? bytesIn(join(folder, entry.name)) : statSync(join(folder, entry.name)).size),
      0,
    );
  } catch {
    return 0;
  }
}
