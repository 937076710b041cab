import {
  copyFile,
  link,
  lstat,
  mkdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { writeWhole } from '../starter-files.ts';
import { isBlobName, isCommit } from './names.ts';

/**
 * The cache that Hugging Face's tools share: `models--owner--name` with `blobs/<hash of the content>`,
 * `snapshots/<commit>/<path>` (links to blobs, or files where there are no links), `refs/<revision>` (a commit) and
 * `trees/<commit>.json` (listings); `.locks` beside. As in huggingface_hub, file_download.py and _tree_cache.py.
 */
export interface CachePaths {
  readonly folder: string;
  blob(name: string): string;
  snapshot(commit: string, path?: string): string;
  ref(revision: string): string;
  tree(commit: string): string;
  lock(blob: string): string;
  /** Where something is written before it is moved into place: beside the locks, which no tool takes for content. */
  scratch(name: string): string;
}

export function cachePaths(cacheFolder: string, repo: string): CachePaths {
  const name = `models--${repo.replace('/', '--')}`;
  const folder = join(cacheFolder, name);
  return {
    folder,
    blob: (blob) => join(folder, 'blobs', blob),
    snapshot: (commit, path = '') => join(folder, 'snapshots', commit, ...path.split('/')),
    ref: (revision) => join(folder, 'refs', ...revision.split('/')),
    tree: (commit) => join(folder, 'trees', `${commit}.json`),
    // Not `<blob>.lock`, which other tools lock in the operating system's way.
    lock: (blob) => join(cacheFolder, '.locks', name, `${blob}.merv.lock`),
    scratch: (what) => join(cacheFolder, '.locks', name, `${what}.merv.partial`),
  };
}

/** The commit that a branch or tag named when something of it was last fetched; null where nothing was. */
export async function readRef(paths: CachePaths, revision: string): Promise<string | null> {
  const text = (await readFile(paths.ref(revision), 'utf8').catch(() => '')).trim();
  return isCommit(text) ? text : null;
}

export async function writeRef(paths: CachePaths, revision: string, commit: string): Promise<void> {
  if (revision === commit || (await readRef(paths, revision)) === commit) return;
  await writeCached(paths, paths.ref(revision), commit);
}

/** Writes one of the cache's small files, whole or not at all. Throws ExpectedError 'disk_full'. */
export async function writeCached(paths: CachePaths, path: string, text: string): Promise<void> {
  const partial = paths.scratch(basename(path));
  await mkdir(dirname(partial), { recursive: true });
  await writeWhole(path, [Buffer.from(text)], undefined, partial);
}

/** What is cached of a file, without looking into it; null where nothing is. */
export interface CachedFile {
  /** As other tools name it: in the snapshot. */
  readonly path: string;
  /** Behind all links. */
  readonly real: string;
  readonly bytes: number;
  /** The blob that the snapshot links to: a hash of the content. Null for a plain file. */
  readonly blob: string | null;
}

export async function findCached(
  paths: CachePaths,
  commit: string,
  file: string,
): Promise<CachedFile | null> {
  const path = paths.snapshot(commit, file);
  try {
    const real = await realpath(path);
    const stats = await stat(real);
    if (!stats.isFile()) return null;
    // The first link names the blob; a tool may keep the blob itself elsewhere, behind another link.
    const target = (await lstat(path)).isSymbolicLink() ? basename(await readlink(path)) : '';
    return { path, real, bytes: stats.size, blob: isBlobName(target) ? target : null };
  } catch {
    return null;
  }
}

/**
 * Makes the snapshot show the blob: a relative link, else a second name of the same file, else a copy
 * (huggingface_hub reads each of them). Replaces what was there.
 */
export async function linkBlob(
  paths: CachePaths,
  blob: string,
  commit: string,
  file: string,
  symlinks: boolean,
): Promise<string> {
  const path = paths.snapshot(commit, file);
  const target = paths.blob(blob);
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  try {
    if (!symlinks) throw new Error('links are not wanted');
    await symlink(relative(dirname(path), target), path);
  } catch {
    await link(target, path).catch(() => copyWhole(paths, blob, path));
  }
  return path;
}

async function copyWhole(paths: CachePaths, blob: string, path: string): Promise<void> {
  const partial = paths.scratch(blob);
  await mkdir(dirname(partial), { recursive: true });
  await copyFile(paths.blob(blob), partial);
  await rename(partial, path);
}

/** Tells backup programs that this folder can be fetched again (the CACHEDIR.TAG standard). */
export async function tagCache(cacheFolder: string, paths: CachePaths): Promise<void> {
  const tag = join(cacheFolder, 'CACHEDIR.TAG');
  if (await stat(tag).catch(() => null)) return;
  await writeCached(paths, tag, 'Signature: 8a477f597d28d172789f06886806bc55\n');
}
