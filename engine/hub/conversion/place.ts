import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../../contract/errors.ts';
import type { PartOrigin } from '../../models/part.ts';
import {
  cannotOpen,
  type OpenFile,
  openFile,
  type RandomAccessFile,
} from '../../weights/random-access-file.ts';

export type PlaceOrigin = Exclude<PartOrigin, { kind: 'package' }>;

export interface PlaceFile {
  /** Below the place, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
  /** Where it is known without reading the file. */
  readonly sha256: string | null;
}

/** Where the files of a model are: a repository at one commit, or a folder of this machine. */
export interface Place {
  readonly origin: PlaceOrigin;
  /** As its owner states it; null where nothing is stated. */
  readonly licence: string | null;
  readonly files: readonly PlaceFile[];
  /** For small files and the heads of large ones: what is read of it may have to be fetched. The caller closes it. */
  open(path: string): Promise<RandomAccessFile>;
}

/** Repositories that a model's configuration names. `revision` null: the newest. */
export interface Places {
  repo(repo: string, revision: string | null): Promise<Place>;
}

/** Configuration files and tokenizers; no known one comes near. */
const largestSmallFile = 64 << 20;
const deepestFolder = 4;
const mostFiles = 10_000;

/** Throws ExpectedError 'file_missing', 'file_corrupt', or what the place throws. */
export async function readSmallFile(place: Place, path: string): Promise<Uint8Array> {
  const file = await place.open(path);
  try {
    if (file.size <= largestSmallFile) return await file.read(0, file.size);
  } finally {
    await file.close();
  }
  throw new ExpectedError('file_corrupt', `${path} has ${file.size} bytes, too many for what it is.`, remedy);
}

const remedy = 'Fetch or copy the file again.';

/** A file that holds a JSON object. Errors as {@link readSmallFile}. */
export async function readJsonObject(place: Place, path: string): Promise<Record<string, unknown>> {
  const text = new TextDecoder().decode(await readSmallFile(place, path));
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw new ExpectedError('file_corrupt', `${path} is not a JSON object.`, remedy, { cause });
  }
}

/** For readers that join paths as this platform does. */
export function openerOf(place: Place): OpenFile {
  return (path) => place.open(path.replaceAll('\\', '/'));
}

export function findFile(place: Place, path: string): PlaceFile | null {
  return place.files.find((file) => file.path === path) ?? null;
}

/** `folder` '' is the place itself. */
export function inFolder(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/**
 * A folder of this machine, or a file as the only one of its folder; a checkpoint of a MERV run with the configuration
 * above it. Throws ExpectedError 'file_missing', 'file_unreadable'.
 */
export async function localPlace(
  path: string,
): Promise<{ readonly place: Place; readonly path: string | null }> {
  const stats = await stat(path).catch((error: unknown) => {
    throw cannotOpen(path, error);
  });
  if (stats.isDirectory()) return { place: placeOf(path, await walk(path)), path: null };
  const above = dirname(dirname(path));
  const config = join(above, 'config.json');
  const ofRun = /\.pt$/.test(path) && (await stat(config).catch(() => null));
  const root = ofRun ? above : dirname(path);
  const file = relative(root, path).split(sep).join('/');
  const files = [{ path: file, bytes: stats.size, sha256: null }];
  if (ofRun) files.push({ path: basename(config), bytes: ofRun.size, sha256: null });
  return { place: placeOf(root, files), path: file };
}

function placeOf(root: string, files: readonly PlaceFile[]): Place {
  return {
    origin: { kind: 'local', path: root },
    licence: null,
    files,
    open: (path) => openFile(join(root, ...path.split('/'))),
  };
}

async function walk(root: string): Promise<readonly PlaceFile[]> {
  const files: PlaceFile[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
      throw cannotOpen(join(root, folder), error);
    });
    for (const { name } of entries) {
      if (files.length >= mostFiles) return;
      const path = inFolder(folder, name);
      const stats = await stat(join(root, path)).catch(() => null);
      if (stats?.isDirectory() === true && depth < deepestFolder) await visit(path, depth + 1);
      if (stats?.isFile() === true) files.push({ path, bytes: stats.size, sha256: null });
    }
  };
  await visit('', 0);
  return files;
}
