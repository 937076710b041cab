import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ExtractEvents, extract } from 'tar-stream';
import { cancelled, ExpectedError } from '../../contract/errors.ts';
import { type Part, partFile, partFolder, partsFolder } from '../../models/part.ts';
import { writeWhole } from '../starter-files.ts';
import { writeFailure } from '../write-failure.ts';
import { presentPart } from '../write-part.ts';
import { checkGraphs } from './check-graphs.ts';
import { hasExtendedHeaders } from './check-headers.ts';
import { entryName, longestManifest, type Manifest, manifestFile, manifestSchema } from './manifest.ts';

type Entry = ExtractEvents['entry'][1];

export interface ImportOptions {
  readonly modelsFolder: string;
  /** Absolute. */
  readonly path: string;
  readonly signal: AbortSignal;
  readonly onBytes: (file: string, done: number, total: number) => void;
}

/**
 * Reads the manifest of an exported model. Throws ExpectedError 'file_missing', 'file_unreadable', 'file_corrupt',
 * 'file_unsupported', all of which name the file.
 */
export async function readManifest(path: string, signal?: AbortSignal): Promise<Manifest> {
  for await (const entry of entriesOf(path)) {
    if (signal?.aborted) throw cancelled();
    return manifestOf(path, entry);
  }
  throw corrupt(path, 'it is empty');
}

/**
 * Unpacks the parts of an exported model into the models folder; those that are there are passed over. Each part
 * appears whole or not at all, after every byte of it was hashed. Only what the manifest names is read, and the names
 * of files are made here, so that nothing is ever written elsewhere. The model itself is for the caller to write.
 * Throws as {@link readManifest}, 'disk_full', 'cancelled'.
 */
export async function importParts(options: ImportOptions): Promise<Manifest> {
  const { modelsFolder, path, signal, onBytes } = options;
  let wanted: Wanted[] | null = null;
  let manifest: Manifest | null = null;
  let progress = { done: 0, total: 0 };
  const writer = createPartWriter(modelsFolder);
  try {
    for await (const entry of entriesOf(path)) {
      if (signal.aborted) throw cancelled();
      if (!manifest || !wanted) {
        manifest = await manifestOf(path, entry);
        wanted = await wantedOf(modelsFolder, manifest);
        progress = { done: 0, total: wanted.reduce((sum, { bytes }) => sum + bytes, 0) };
        continue;
      }
      const next = wanted.shift();
      checkEntry(path, entry, next);
      const hash = createHash('sha256');
      if (!next.present) await writer.begin(next);
      for await (const piece of bodyOf(path, entry)) {
        if (signal.aborted) throw cancelled();
        if (!next.present) await writer.write(hash, piece);
        progress = { ...progress, done: progress.done + piece.length };
        onBytes(next.file, progress.done, progress.total);
      }
      if (next.present) continue;
      if (hash.digest('hex') !== next.sha256)
        throw corrupt(path, `the checksum of ${entry.header.name} differs`);
      await writer.end(next);
    }
    if (!manifest || !wanted) throw corrupt(path, 'it is empty');
    if (wanted[0]) throw corrupt(path, `${wanted[0].file} of ${wanted[0].part.key} is missing at its end`);
    return manifest;
  } catch (error) {
    await writer.abandon();
    throw writeFailure(error, modelsFolder);
  }
}

/** A file that has to come next. */
interface Wanted {
  readonly part: Part;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly last: boolean;
  /** The part is in the models folder already. */
  readonly present: boolean;
}

async function wantedOf(modelsFolder: string, { parts }: Manifest): Promise<Wanted[]> {
  const wanted: Wanted[] = [];
  for (const part of parts) {
    const present = (await presentPart(modelsFolder, part.key)) !== null;
    for (const [at, each] of part.files.entries())
      wanted.push({ part, ...each, last: at === part.files.length - 1, present });
  }
  return wanted;
}

/** Writes one part after the other, each into a folder that gets its name when all of it is there. */
function createPartWriter(modelsFolder: string) {
  let file: FileHandle | null = null;
  const workOf = ({ key }: Part): string => join(modelsFolder, partsFolder, `.${key}.${process.pid}.partial`);
  let work: string | null = null;
  return {
    async begin({ part, file: name }: Wanted): Promise<void> {
      const folder = workOf(part);
      if (work !== folder) await rm(folder, { recursive: true, force: true });
      work = folder;
      await mkdir(folder, { recursive: true });
      file = await open(join(folder, name), 'wx');
    },
    async write(hash: Hash, piece: Buffer): Promise<void> {
      hash.update(piece);
      await file?.writeFile(piece);
    },
    async end({ part, last }: Wanted): Promise<void> {
      await file?.sync();
      await file?.close();
      file = null;
      if (!last || work === null) return;
      await checkGraphs(work, part);
      await writeWhole(join(work, partFile), [Buffer.from(`${JSON.stringify(part, null, 1)}\n`)]);
      const folder = partFolder(modelsFolder, part.key);
      await rm(folder, { recursive: true, force: true });
      await rename(work, folder);
      work = null;
    },
    async abandon(): Promise<void> {
      await file?.close();
      if (work !== null) await rm(work, { recursive: true, force: true });
    },
  };
}

async function manifestOf(path: string, entry: Entry): Promise<Manifest> {
  const { name, type, size = 0 } = entry.header;
  if (name !== manifestFile || type !== 'file') throw notOurs(path);
  if (size > longestManifest) throw corrupt(path, 'its description is too long');
  const pieces: Buffer[] = [];
  for await (const piece of bodyOf(path, entry)) pieces.push(piece);
  let described: unknown;
  try {
    described = JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch (cause) {
    throw corrupt(path, 'its description is no JSON', cause);
  }
  const manifest = manifestSchema.safeParse(described);
  if (manifest.success) return manifest.data;
  const format = (described as { readonly format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > 1) {
    throw new ExpectedError(
      'file_unsupported',
      `${path} was exported by a newer version of MERV Studio.`,
      'Update MERV Studio here, then import it again.',
    );
  }
  const issue = manifest.error.issues[0];
  throw corrupt(path, `its description is not understood (${issue?.path.join('.')}: ${issue?.message})`);
}

function checkEntry(path: string, { header }: Entry, next: Wanted | undefined): asserts next is Wanted {
  const shown = JSON.stringify(header.name.slice(0, 200));
  if (header.type !== 'file') throw corrupt(path, `${shown} is a ${header.type}, not a file`);
  if (!next) throw corrupt(path, `${shown} is not in its description`);
  if (header.name !== entryName(next.part.key, next.file))
    throw corrupt(path, `${shown} stands where ${next.file} of ${next.part.key} should`);
  if (header.size !== next.bytes) throw corrupt(path, `${shown} has ${header.size} bytes, not ${next.bytes}`);
}

/** The archive's entries; what its reader finds wrong is an expected error. */
async function* entriesOf(path: string): AsyncGenerator<Entry> {
  if (await isExtended(path)) throw corrupt(path, 'it holds headers that MERV Studio does not write');
  const archive = extract();
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  source.on('error', (error) => archive.destroy(error));
  source.pipe(archive as unknown as NodeJS.WritableStream);
  try {
    yield* archive;
  } catch (error) {
    if (error instanceof ExpectedError) throw error;
    throw readFailure(path, error);
  } finally {
    source.destroy();
    archive.destroy();
  }
}

async function isExtended(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r');
    try {
      return await hasExtendedHeaders(file, (await file.stat()).size);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw readFailure(path, error);
  }
}

async function* bodyOf(path: string, entry: Entry): AsyncGenerator<Buffer> {
  try {
    yield* entry as AsyncIterable<Buffer>;
  } catch (error) {
    throw readFailure(path, error);
  }
}

function readFailure(path: string, cause: unknown): ExpectedError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : '';
  if (code === 'ENOENT')
    return new ExpectedError('file_missing', `There is no file ${path}.`, 'Choose it again.', { cause });
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code))
    return new ExpectedError('file_unreadable', `${path} cannot be read.`, 'Check its permissions.', {
      cause,
    });
  return corrupt(path, cause instanceof Error ? cause.message : 'it is no archive', cause);
}

function notOurs(path: string): ExpectedError {
  return new ExpectedError(
    'file_unsupported',
    `${path} is no model that MERV Studio exported.`,
    'Choose a file that was made with Export.',
  );
}

function corrupt(path: string, why: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'file_corrupt',
    `${path} cannot be imported: ${why}.`,
    'Export the model again, or copy the file again.',
    cause === undefined ? undefined : { cause },
  );
}
