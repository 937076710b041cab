import { join } from 'node:path';
import type { Quality } from '../../contract/models.ts';
import { type Part, partFile, partFolder } from '../../models/part.ts';
import { writeWhole } from '../starter-files.ts';

/** Adds what was measured to a part's description, which is replaced as a whole. Throws ExpectedError 'disk_full'. */
export async function recordQuality(modelsFolder: string, part: Part, quality: Quality): Promise<Part> {
  const measured: Part = { ...part, quality };
  const text = Buffer.from(`${JSON.stringify(measured, null, 1)}\n`);
  await writeWhole(join(partFolder(modelsFolder, part.key), partFile), [text]);
  return measured;
}
