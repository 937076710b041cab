import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bundle, bundleFile, bundleSchema } from '../models/bundle.ts';
import { writeWhole } from './starter-files.ts';

/**
 * Makes a model of parts that are there; one of the same id is replaced, in one step. Throws ExpectedError 'disk_full'.
 */
export async function writeBundle(modelsFolder: string, bundle: Bundle): Promise<void> {
  const folder = join(modelsFolder, bundle.id);
  const text = `${JSON.stringify(bundleSchema.parse(bundle), null, 1)}\n`;
  await mkdir(folder, { recursive: true });
  // The first version of the format kept a model's graphs here.
  for (const name of await readdir(folder)) {
    if (name !== bundleFile) await rm(join(folder, name), { recursive: true, force: true });
  }
  await writeWhole(join(folder, bundleFile), [Buffer.from(text)]);
}
