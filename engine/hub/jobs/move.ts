import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { cancelled, ExpectedError } from '../../contract/errors.ts';
import { bundleFile } from '../../models/bundle.ts';
import { partsFolder } from '../../models/part.ts';
import { freeBytes } from '../../store/disk.ts';
import type { EngineRegister } from '../../store/engines.ts';
import type { JobRequest } from '../../store/jobs.ts';
import { hashWatched } from '../installed/verify.ts';
import { diskFull, writeWhole } from '../starter-files.ts';
import { writeFailure } from '../write-failure.ts';
import type { JobContext, JobWork } from './work.ts';

type MoveRequest = JobRequest & { kind: 'move' };

export interface MoveOptions {
  readonly engines: EngineRegister;
  /** Where the models are now. */
  readonly modelsFolder: () => string;
  /** Makes `folder` the models folder for everybody, when no answer runs, and lets go of every open model. */
  readonly switchTo: (folder: string) => Promise<void>;
}

/** Says whose copy a folder is while it grows. */
const markerFile = '.moving';
/** Left free on the new disk. */
const reserveBytes = 256 * 2 ** 20;

/**
 * Moves the models: copies all, compares the copy with the original byte for byte, switches in one step, deletes the
 * original. A kill before the switch leaves the original in use, after it the copy; the next run does the rest.
 */
export function moveWork({ engines, modelsFolder, switchTo }: MoveOptions): JobWork<MoveRequest> {
  return {
    async run({ from, to }, context) {
      context.progress.plan([
        ['copy', 3],
        ['check', 2],
      ]);
      if (modelsFolder() !== to) {
        if (modelsFolder() !== from) throw moved(from);
        refuseOthers(engines);
        await checkTarget(from, to, context.id);
        try {
          await copyAll(from, to, context);
        } catch (error) {
          throw writeFailure(error, to);
        }
        refuseOthers(engines);
        await switchTo(to);
      }
      await removeOriginal(from, to);
      await rm(join(to, markerFile), { force: true });
    },
    async clean({ from, to }, { job }) {
      if (modelsFolder() === to) {
        await removeOriginal(from, to);
        await rm(join(to, markerFile), { force: true });
      } else if ((await markedBy(to)) === job.id) await removeCopy(from, to);
    },
  };
}

/** What a move may be asked to do. Throws ExpectedError 'bad_request', 'not_allowed' or 'busy' in a sentence. */
export async function checkMove(from: string, to: string, engines: EngineRegister): Promise<void> {
  refuseOthers(engines);
  await checkTarget(from, to, null);
}

function refuseOthers(engines: EngineRegister): void {
  const others = engines.others();
  if (others.length === 0) return;
  throw new ExpectedError(
    'busy',
    `Another MERV Studio uses the models (process ${others.join(', ')}).`,
    'Close it, then move the models.',
  );
}

async function checkTarget(from: string, to: string, jobId: string | null): Promise<void> {
  const [source, target] = [resolve(from), resolve(to)];
  if (source === target || target.startsWith(source + sep) || source.startsWith(target + sep)) {
    throw new ExpectedError(
      'bad_request',
      `The models cannot be moved from ${from} into ${to}: one contains the other.`,
      'Choose another folder.',
    );
  }
  const found = await readdir(to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw writeFailure(error, to);
  });
  // A kill may have come while the marker itself was written.
  const names = found.filter((name) => !isMarkersPartial(name));
  if (names.length > 0 && (jobId === null || (await markedBy(to)) !== jobId)) {
    throw new ExpectedError('not_allowed', `${to} is not empty.`, 'Choose an empty or a new folder.');
  }
}

async function markedBy(folder: string): Promise<string | null> {
  return readFile(join(folder, markerFile), 'utf8').catch(() => null);
}

async function copyAll(from: string, to: string, context: JobContext): Promise<void> {
  const { signal, progress } = context;
  await mkdir(to, { recursive: true });
  await writeWhole(join(to, markerFile), [Buffer.from(context.id)]);
  const files = await filesOf(from);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const missing: (typeof files)[number][] = [];
  for (const file of files) {
    const there = await stat(join(to, file.path)).catch(() => null);
    if (there?.size !== file.bytes) missing.push(file);
  }
  const needed = missing.reduce((sum, { bytes }) => sum + bytes, 0);
  const free = await freeBytes(to);
  if (free !== null && free < needed + reserveBytes) throw diskFull(to);

  let done = total - needed;
  const hashes = new Map<string, string>();
  for (const { path } of missing) {
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for await (const piece of createReadStream(join(from, path), { highWaterMark: 1 << 20 })) {
        if (signal.aborted) throw cancelled();
        done += (piece as Buffer).length;
        progress.at({ name: 'copy', detail: path, done, total, unit: 'bytes' });
        yield piece as Buffer;
      }
    };
    await writeWhole(join(to, path), pieces(), (sha256) => hashes.set(path, sha256));
  }
  await removeStrays(from, to, new Set(files.map(({ path }) => path)));

  done = 0;
  for (const { path } of files) {
    const onBytes = (bytes: number): void => {
      done += bytes;
      progress.at({ name: 'check', detail: path, done, total, unit: 'bytes' });
    };
    const original = hashes.get(path) ?? (await hashWatched(join(from, path), signal, () => {}));
    if ((await hashWatched(join(to, path), signal, onBytes)) === original && original !== null) continue;
    await rm(join(to, path), { force: true });
    throw new ExpectedError(
      'wrong_content',
      `${path} did not arrive whole in ${to}.`,
      'Try again; if it happens again, the disk there is damaged.',
    );
  }
}

/** Files of models and parts, by their path in the models folder; what else lies there is not ours. */
async function filesOf(
  folder: string,
): Promise<readonly { readonly path: string; readonly bytes: number }[]> {
  const files: { path: string; bytes: number }[] = [];
  const walk = async (at: string): Promise<void> => {
    const entries = await readdir(at, { withFileTypes: true });
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) files.push({ path: relative(folder, path), bytes: (await stat(path)).size });
    }
  };
  for (const name of await ownFolders(folder)) await walk(join(folder, name));
  return files;
}

async function ownFolders(folder: string): Promise<readonly string[]> {
  const own: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const known = entry.name === partsFolder || entry.name === '.parts';
    if (known || (await stat(join(folder, entry.name, bundleFile)).catch(() => null))) own.push(entry.name);
  }
  return own.sort();
}

const isMarkersPartial = (name: string): boolean => name.startsWith(`${markerFile}.`);

/**
 * What an earlier run copied and is no longer in the original, or had not finished. What else a person has put there
 * since is not ours.
 */
async function removeStrays(from: string, to: string, wanted: ReadonlySet<string>): Promise<void> {
  const walk = async (at: string): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) await walk(path);
      else if (!wanted.has(relative(to, path))) await rm(path);
    }
  };
  for (const name of await copiedFolders(from, to)) await walk(join(to, name));
  for (const name of await readdir(to)) if (isMarkersPartial(name)) await rm(join(to, name));
}

/** Folders of the new place that a move made, also those that it had not finished. */
async function copiedFolders(from: string, to: string): Promise<readonly string[]> {
  const ours = new Set([...(await ownFolders(from)), ...(await ownFolders(to))]);
  const there = await readdir(to, { withFileTypes: true });
  return there.flatMap((entry) => (entry.isDirectory() && ours.has(entry.name) ? [entry.name] : []));
}

/** Takes back what was copied, and the folder where nothing else is in it. */
async function removeCopy(from: string, to: string): Promise<void> {
  for (const name of await copiedFolders(from, to))
    await rm(join(to, name), { recursive: true, force: true });
  for (const name of await readdir(to)) {
    if (name === markerFile || isMarkersPartial(name)) await rm(join(to, name));
  }
  await rmdir(to).catch(() => {});
}

/** Deletes what the copy has too, and nothing else: whatever came in between is not lost. */
async function removeOriginal(from: string, to: string): Promise<void> {
  for (const { path, bytes } of await filesOf(from)) {
    const copy = await stat(join(to, path)).catch(() => null);
    if (copy?.size === bytes) await rm(join(from, path), { force: true });
  }
  const copied = new Set(await readdir(to).catch(() => []));
  for (const entry of await readdir(from, { withFileTypes: true }).catch(() => []))
    if (entry.isDirectory() && copied.has(entry.name)) await removeEmpty(join(from, entry.name));
  await rmdir(from).catch(() => {});
}

async function removeEmpty(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeEmpty(join(folder, entry.name));
  }
  await rmdir(folder).catch(() => {});
}

function moved(from: string): ExpectedError {
  return new ExpectedError(
    'bad_request',
    `The models are no longer in ${from}.`,
    'Start the move again from where they are.',
  );
}

/** Throws ExpectedError 'busy' while the models are being moved. */
export function refuseWhileMoving(moving: boolean): void {
  if (!moving) return;
  throw new ExpectedError(
    'busy',
    'The models are being moved to another folder.',
    'Wait until that is done, or pause it.',
  );
}
