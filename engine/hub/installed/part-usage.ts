import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFile, bundleFormat, bundleSchema } from '../../models/bundle.ts';
import { partKeys } from '../../models/model.ts';
import { partsFolder } from '../../models/part.ts';

/**
 * Keys of the parts that the models of a folder use. Synchronous: whoever removes parts must know it at the moment of
 * removing. Null where a model was written by a newer version, so that nobody can tell what it uses.
 */
export function usedParts(modelsFolder: string): ReadonlySet<string> | null {
  const used = new Set<string>();
  for (const name of modelFolders(modelsFolder)) {
    const described = readJson(join(modelsFolder, name, bundleFile));
    const bundle = bundleSchema.safeParse(described);
    if (bundle.success) for (const key of partKeys(bundle.data)) used.add(key);
    else if (formatOf(described) > bundleFormat) return null;
  }
  return used;
}

/** Names of the folders that models may be in. */
export function modelFolders(modelsFolder: string): readonly string[] {
  return foldersIn(modelsFolder).filter((name) => name !== partsFolder && !name.startsWith('.'));
}

export function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function formatOf(described: unknown): number {
  const known = typeof described === 'object' && described !== null && 'format' in described;
  return known && typeof described.format === 'number' ? described.format : 0;
}
