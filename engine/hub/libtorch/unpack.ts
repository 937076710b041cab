import { join } from 'node:path';
import { cancelled, ExpectedError } from '../../contract/errors.ts';
import { openFile, type RandomAccessFile } from '../../weights/random-access-file.ts';
import { readZip, type Zip, type ZipEntry } from '../../weights/zip.ts';
import { writeWhole } from '../starter-files.ts';
import type { LibtorchManifest } from './installed.ts';
import { isWanted, type LibtorchPlatform } from './platforms.ts';

/** More than any build has. */
const largest = 16e9;

/**
 * The libraries in an archive, in its order. Throws ExpectedError 'file_corrupt': it holds names outside its own
 * folder, links, or more than any libtorch; 'file_unsupported'.
 */
export function wantedEntries(path: string, zip: Zip, platform: LibtorchPlatform): readonly ZipEntry[] {
  const wanted: ZipEntry[] = [];
  for (const entry of zip.entries.values()) {
    if (isOutside(entry.name)) throw hostile(path, `it holds ${JSON.stringify(entry.name.slice(0, 200))}`);
    if (!isWanted(platform, entry.name)) continue;
    if (entry.link) throw hostile(path, `${entry.name} is a link`);
    wanted.push(entry);
  }
  const bytes = wanted.reduce((sum, { size }) => sum + size, 0);
  if (bytes > largest) throw hostile(path, `its libraries claim ${bytes} bytes`);
  return wanted;
}

/** Throws ExpectedError 'file_unsupported' where a library is missing without which nothing loads. */
export function checkNeeded(path: string, names: readonly string[], { needed }: LibtorchPlatform): void {
  const missing = needed.filter((name) => !names.includes(name));
  if (missing.length === 0) return;
  throw new ExpectedError(
    'file_unsupported',
    `${path} is not libtorch: it has no ${missing.join(', ')}.`,
    'Update MERV Studio: PyTorch may have changed its archives.',
  );
}

export interface UnpackOptions {
  /** Of the archive, whose hash was checked. */
  readonly path: string;
  /** Files go below it, under the names that they have in the archive. */
  readonly folder: string;
  readonly platform: LibtorchPlatform;
  readonly signal: AbortSignal;
  readonly onBytes: (file: string, bytes: number) => void;
}

/**
 * Writes the libraries of an archive, one piece in memory at a time. Returns what was written. Throws ExpectedError as
 * {@link wantedEntries}, 'disk_full', 'cancelled'.
 */
export async function unpack(options: UnpackOptions): Promise<LibtorchManifest['files']> {
  const { path, folder, platform, signal, onBytes } = options;
  const archive = await openFile(path);
  try {
    const zip = await readZip(archive);
    const files: LibtorchManifest['files'] = [];
    for (const entry of wantedEntries(path, zip, platform)) {
      const pieces = async function* (): AsyncGenerator<Uint8Array> {
        for await (const piece of zip.stream(entry)) {
          if (signal.aborted) throw cancelled();
          onBytes(entry.name, piece.byteLength);
          yield piece;
        }
      };
      await writeWhole(join(folder, ...entry.name.split('/')), pieces(), (sha256) =>
        files.push({ path: entry.name, bytes: entry.size, sha256 }),
      );
    }
    return files;
  } finally {
    await archive.close();
  }
}

/** The same of an archive that is not here yet: its names and how large they become. */
export async function lookInto(
  archive: RandomAccessFile,
  platform: LibtorchPlatform,
): Promise<{ readonly names: readonly string[]; readonly bytes: number }> {
  const entries = wantedEntries(archive.path, await readZip(archive), platform);
  return {
    names: entries.map(({ name }) => name),
    bytes: entries.reduce((sum, { size }) => sum + size, 0),
  };
}

/** Names that lead out of the folder, on any system. */
function isOutside(name: string): boolean {
  return /^[/\\]|^[a-z]:|[\\\0]/i.test(name) || name.split('/').includes('..');
}

function hostile(path: string, why: string): ExpectedError {
  return new ExpectedError(
    'file_corrupt',
    `${path} is not unpacked: ${why}.`,
    'Check the proxy and MERV_LIBTORCH_INDEX, then start again.',
  );
}
