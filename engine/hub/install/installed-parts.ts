import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Part, partsFolder } from '../../models/part.ts';
import { presentPart } from '../write-part.ts';

/** Every whole part of a models folder. */
export async function installedParts(modelsFolder: string): Promise<readonly Part[]> {
  const names = await readdir(join(modelsFolder, partsFolder)).catch(() => []);
  const keys = names.filter((name) => !name.startsWith('.'));
  const parts = await Promise.all(keys.map((key) => presentPart(modelsFolder, key)));
  return parts.filter((part) => part !== null);
}
