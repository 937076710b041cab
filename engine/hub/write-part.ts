import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import {
  type Part,
  type PartSpec,
  partFile,
  partFolder,
  partFormat,
  partsFolder,
  readPart,
} from '../models/part.ts';
import { isAlive } from '../store/alive.ts';
import { hashOf, writeWhole } from './starter-files.ts';

/** A part that is not written yet. */
export interface PartDraft
  extends Pick<Part, 'role' | 'id' | 'name' | 'precision' | 'licence' | 'origin' | 'inputs'> {
  /** Whatever else decides what is written, as JSON: with the inputs' hashes it makes the key. */
  readonly recipe: unknown;
}

/** Folders that this process is writing. */
const writing = new Set<string>();

/** Names the part by all that it is made from: the same makes the same key on any machine. */
export function partKey({ role, id, precision, inputs, recipe }: PartDraft): string {
  const hashes = inputs.map(({ sha256 }) => sha256).sort();
  const hash = createHash('sha256').update(JSON.stringify([partFormat, role, id, precision, hashes, recipe]));
  const slug = id
    .toLowerCase()
    .replace(/[^a-z0-9._+-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  return [slug || role, ...(precision === null ? [] : [precision]), hash.digest('hex').slice(0, 12)].join(
    '-',
  );
}

/**
 * Makes a part present: one that is there whole is left alone. `write` puts the files into a folder that becomes the
 * part's when they are all there, described and on disk; a kill leaves nothing that could be taken for a part, and
 * what it leaves is removed by the next call. Throws what `write` throws, ExpectedError 'disk_full'.
 */
export async function writePart(
  modelsFolder: string,
  draft: PartDraft,
  write: (folder: string) => Promise<PartSpec>,
): Promise<Part> {
  const key = partKey(draft);
  const there = await presentPart(modelsFolder, key);
  if (there !== null) return there;
  await removeAbandoned(modelsFolder, key);
  const name = `.${key}.${process.pid}.partial`;
  const work = join(modelsFolder, partsFolder, name);
  writing.add(name);
  try {
    await mkdir(work, { recursive: true });
    const spec = await write(work);
    const { recipe: _, ...described } = draft;
    const part: Part = {
      format: partFormat,
      key,
      ...described,
      files: await filesOf(work),
      quality: null,
      spec,
    };
    await writeWhole(join(work, partFile), [Buffer.from(`${JSON.stringify(part, null, 1)}\n`)]);
    const folder = partFolder(modelsFolder, key);
    // What is there under this key is not whole, or another process has just finished the same.
    await rm(folder, { recursive: true, force: true });
    await rename(work, folder);
    return part;
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  } finally {
    writing.delete(name);
  }
}

/** The part of this key where it is there whole. */
export async function presentPart(modelsFolder: string, key: string): Promise<Part | null> {
  return readPart(modelsFolder, key).catch((error: unknown) => {
    if (error instanceof ExpectedError) return null;
    throw error;
  });
}

/** Folders of parts that were being written by processes, or calls, that are gone; of one key, or of all. */
export async function removeAbandoned(modelsFolder: string, key?: string): Promise<void> {
  const parts = join(modelsFolder, partsFolder);
  for (const name of await readdir(parts).catch(() => [])) {
    const [, named, pid] = /^\.(.+)\.(\d+)\.partial$/.exec(name) ?? [];
    if (named === undefined || (key !== undefined && named !== key)) continue;
    if (Number(pid) === process.pid ? writing.has(name) : isAlive(Number(pid))) continue;
    await rm(join(parts, name), { recursive: true, force: true });
  }
}

async function filesOf(folder: string): Promise<Part['files']> {
  const files: Part['files'] = [];
  for (const file of (await readdir(folder)).sort()) {
    const path = join(folder, file);
    files.push({ file, bytes: (await stat(path)).size, sha256: await hashOf(path) });
  }
  return files;
}
