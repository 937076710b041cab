import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import { isDiskFull } from '../store/disk-full.ts';
import { partialOf } from '../store/partial.ts';

/** What a file must be. */
export interface ExpectedFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

const stampsFile = 'checked.json';
const stampsSchema = z.record(
  z.string(),
  z.object({ bytes: z.number(), modified: z.number(), sha256: z.string() }),
);
type Stamps = z.infer<typeof stampsSchema>;

/**
 * Whether the file is there with the right content. Its content is hashed once; after that size and time of change
 * tell, so that a start need not read a hundred megabytes.
 */
export async function isPresent(folder: string, expected: ExpectedFile): Promise<boolean> {
  const stats = await stat(join(folder, expected.file)).catch(() => null);
  if (stats?.isFile() !== true || stats.size !== expected.bytes) return false;
  const stamp = (await readStamps(folder))[expected.file];
  if (stamp && stamp.bytes === stats.size && stamp.modified === stats.mtimeMs)
    return stamp.sha256 === expected.sha256;
  if ((await hashOf(join(folder, expected.file))) !== expected.sha256) return false;
  await remember(folder, expected);
  return true;
}

/** Notes that the file was just checked. */
export async function remember(folder: string, { file, sha256 }: ExpectedFile): Promise<void> {
  const { size, mtimeMs } = await stat(join(folder, file));
  const stamps: Stamps = {
    ...(await readStamps(folder)),
    [file]: { bytes: size, modified: mtimeMs, sha256 },
  };
  const text = `${JSON.stringify(stamps, null, 2)}\n`;
  await writeWhole(join(folder, stampsFile), [Buffer.from(text)]);
}

async function readStamps(folder: string): Promise<Stamps> {
  const text = await readFile(join(folder, stampsFile), 'utf8').catch(() => '{}');
  try {
    return stampsSchema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}

/**
 * Writes pieces to a file beside `path`, then moves it there: at no time is part of a file called `path`.
 * `accept` sees the SHA-256 before the move and may throw. `partial` is on the same disk, beside `path` unless named.
 * Throws ExpectedError 'disk_full'.
 */
export async function writeWhole(
  path: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  accept: (sha256: string) => void = () => {},
  partial = partialOf(path),
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash('sha256');
  try {
    const file = await open(partial, 'w');
    try {
      for await (const piece of pieces) {
        hash.update(piece);
        await file.writeFile(piece);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    accept(hash.digest('hex'));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw isDiskFull(error) ? diskFull(path, error) : error;
  }
}

export function diskFull(path: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'disk_full',
    `There is no space left on the disk for ${path}.`,
    'Free some space, then start again: what was fetched is kept.',
    cause === undefined ? undefined : { cause },
  );
}
