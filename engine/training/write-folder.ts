import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import { isDiskFull } from '../store/disk-full.ts';
import { partialOf } from '../store/partial.ts';

/** A file of a folder that is written: its bytes, piece by piece. */
export interface FolderFile {
  /** May be a path in it. */
  readonly name: string;
  readonly pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * Writes a folder whole or not at all: beside its place, to the disk, then renamed. What was there before is replaced.
 * Throws ExpectedError 'disk_full'; nothing is left behind then.
 */
export async function writeFolder(folder: string, files: readonly FolderFile[]): Promise<void> {
  const partial = partialOf(folder);
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    for (const { name, pieces } of files) {
      await mkdir(dirname(join(partial, name)), { recursive: true });
      await writeFile(join(partial, name), pieces);
    }
    await syncFolder(partial);
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!isDiskFull(error)) throw error;
    throw new ExpectedError(
      'disk_full',
      `There is no space left on the disk for ${folder}.`,
      'Free some space, then go on: what was saved before is kept.',
      { cause: error },
    );
  }
}

async function writeFile(path: string, pieces: FolderFile['pieces']): Promise<void> {
  const file = await open(path, 'w');
  try {
    for await (const piece of pieces) await file.writeFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** So that names survive a power cut; systems that cannot open a folder do it by themselves. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
