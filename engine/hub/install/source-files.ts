import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ExpectedError } from '../../contract/errors.ts';
import type { LocatedFile } from '../conversion/convert-part.ts';
import type { SourceFile } from '../conversion/recipe.ts';
import type { TransferProgress } from '../huggingface/fetcher.ts';
import type { HubFile } from '../huggingface/file.ts';
import type { Hub } from '../huggingface/hub.ts';
import { hashWatched } from '../installed/verify.ts';

/** Content hashes of this machine's files, as far as a job has worked them out; by path. */
export type KnownHashes = Readonly<
  Record<string, { readonly bytes: number; readonly modified: number; readonly sha256: string }>
>;

export interface SourceFilesOptions {
  readonly hub: Hub;
  readonly signal: AbortSignal;
  readonly hashes: KnownHashes;
  readonly onNote: (sentence: string) => void;
}

/** The files that a model is made from: what is known of them, and bringing them to this machine. */
export interface SourceFiles {
  /** Null where nobody has told and the file was not read. */
  sha256(file: SourceFile): string | null;
  /** Whether all of them are on this machine, by their lengths. */
  areHere(files: readonly SourceFile[]): Promise<boolean>;
  /** Fetches what is not here; afterwards {@link located} knows them. */
  fetch(files: readonly SourceFile[], onProgress: (progress: TransferProgress) => void): Promise<void>;
  /** Hashes files whose content nobody has told; they must be here. */
  hash(
    files: readonly SourceFile[],
    onBytes: (file: string, done: number, total: number) => void,
  ): Promise<void>;
  located(file: SourceFile): LocatedFile;
  /** Where it lies; it must have been fetched. */
  path(file: SourceFile): string;
  readonly hashes: KnownHashes;
}

const nameOf = ({ origin, path }: SourceFile): string =>
  origin.kind === 'hub' ? `${origin.repo}@${origin.revision}/${path}` : join(origin.path, path);

export function sourceFiles({ hub, signal, hashes: known, onNote }: SourceFilesOptions): SourceFiles {
  const paths = new Map<string, string>();
  const hashes: Record<string, KnownHashes[string]> = { ...known };
  const fresh = new Map<string, string>();

  const pathOf = (file: SourceFile): string | null =>
    file.origin.kind === 'local'
      ? join(file.origin.path, ...file.path.split('/'))
      : (paths.get(nameOf(file)) ?? null);
  const sha256 = (file: SourceFile): string | null => file.sha256 ?? fresh.get(nameOf(file)) ?? null;

  return {
    sha256,
    async areHere(files) {
      const here = await Promise.all(
        files.map(
          ({ origin, path, bytes }) =>
            origin.kind === 'local' ||
            hub.isCached(origin.repo, origin.revision, { path, bytes, oid: '', sha256: null }),
        ),
      );
      return !here.includes(false);
    },
    async fetch(files, onProgress) {
      const missing = unique(files).filter((file) => pathOf(file) === null);
      const repos = new Map<string, SourceFile[]>();
      for (const file of missing) {
        if (file.origin.kind !== 'hub') continue;
        const key = `${file.origin.repo}@${file.origin.revision}`;
        repos.set(key, [...(repos.get(key) ?? []), file]);
      }
      const totalBytes = missing.reduce((sum, { bytes }) => sum + bytes, 0);
      let before = 0;
      for (const group of repos.values()) {
        const origin = group[0]!.origin;
        if (origin.kind !== 'hub') continue;
        const { repo, revision } = origin;
        const wanted = await hubFiles(hub, group, signal);
        const doneBytes = before;
        const fetched = await hub.download(repo, revision, wanted, {
          signal,
          onNote,
          onProgress: (progress) =>
            onProgress({ ...progress, doneBytes: doneBytes + progress.doneBytes, totalBytes }),
        });
        for (const file of group) paths.set(nameOf(file), fetched.get(file.path) ?? file.path);
        before += group.reduce((sum, { bytes }) => sum + bytes, 0);
      }
    },
    async hash(files, onBytes) {
      const unknown = unique(files).filter((file) => sha256(file) === null);
      const total = unknown.reduce((sum, { bytes }) => sum + bytes, 0);
      let done = 0;
      for (const file of unknown) {
        const path = pathOf(file) ?? '';
        const stats = await stat(path).catch(() => null);
        const kept = hashes[path];
        if (kept && stats?.size === kept.bytes && stats.mtimeMs === kept.modified) {
          fresh.set(nameOf(file), kept.sha256);
          continue;
        }
        const found = await hashWatched(path, signal, (bytes) => {
          done += bytes;
          onBytes(file.path, done, total);
        });
        if (found === null || !stats) throw unreadable(path);
        hashes[path] = { bytes: stats.size, modified: stats.mtimeMs, sha256: found };
        fresh.set(nameOf(file), found);
      }
    },
    located(file) {
      const [path, hash] = [pathOf(file), sha256(file)];
      if (path === null || hash === null) throw new Error(`${file.path} was not fetched`);
      return { path, sha256: hash };
    },
    path(file) {
      const path = pathOf(file);
      if (path === null) throw new Error(`${file.path} was not fetched`);
      return path;
    },
    get hashes() {
      return hashes;
    },
  };
}

/** The hub's own rows of these files, which must all be of one repository and commit. Throws ExpectedError 'not_found'. */
export async function hubFiles(
  hub: Hub,
  files: readonly SourceFile[],
  signal: AbortSignal | undefined,
): Promise<readonly HubFile[]> {
  const origin = files[0]?.origin;
  if (origin?.kind !== 'hub') return [];
  const listing = await hub.listFiles(origin.repo, origin.revision, signal);
  const wanted = new Set(files.map(({ path }) => path));
  return listing.files.filter(({ path }) => wanted.has(path));
}

function unique(files: readonly SourceFile[]): readonly SourceFile[] {
  return [...new Map(files.map((file) => [nameOf(file), file])).values()];
}

function unreadable(path: string): ExpectedError {
  return new ExpectedError('file_unreadable', `${path} cannot be read.`, 'Check that it is still there.');
}
