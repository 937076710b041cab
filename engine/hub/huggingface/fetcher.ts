import { stat } from 'node:fs/promises';
import type { Http } from '../http/http.ts';
import { offlineError } from '../http/http.ts';
import type { RetryPolicy } from '../http/retry.ts';
import { discardPartial, downloadBlob } from '../transfer/download-blob.ts';
import type { Slots } from '../transfer/slots.ts';
import { createSpeed } from '../transfer/speed.ts';
import { together } from '../transfer/together.ts';
import type { HubApi } from './api-client.ts';
import { type CachePaths, cachePaths, findCached, linkBlob, tagCache } from './cache.ts';
import { blobOf, type HubFile } from './file.ts';
import { createRemoteFile, type RemoteFile } from './remote-file.ts';
import type { Verified } from './verified.ts';

/** How far a download is. */
export interface TransferProgress {
  /** Of all files together, with what was there before. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Over the network, in the last seconds. */
  readonly bytesPerSecond: number;
  /** The file that moved last, and what happens to it. */
  readonly path: string;
  readonly doing: 'fetch' | 'check';
}

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** At most ten times a second, and at the end. */
  readonly onProgress?: (progress: TransferProgress) => void;
  /** A whole sentence: what was tried or fetched again. */
  readonly onNote?: (sentence: string) => void;
}

export interface Fetcher {
  remote(repo: string, commit: string, path: string): RemoteFile;
  /** Paths in the snapshot, by path in the repository. */
  download(
    repo: string,
    commit: string,
    files: readonly HubFile[],
    options: DownloadOptions,
  ): Promise<ReadonlyMap<string, string>>;
  /** The path in the snapshot of a whole file with the right content; null where there is none. */
  cachedPath(
    repo: string,
    commit: string,
    path: string,
    blob: string | null,
    signal: AbortSignal | undefined,
  ): Promise<string | null>;
  discard(repo: string, files: readonly HubFile[]): Promise<void>;
}

export interface FetcherOptions {
  readonly http: Http;
  readonly api: HubApi;
  readonly token: () => Promise<string | null>;
  readonly cacheFolder: string;
  readonly symlinks: boolean;
  readonly verified: Verified;
  readonly slots: Slots;
  readonly policy: RetryPolicy;
}

/** Files of one job that are under way together: small ones do not wait for a large one. */
const filesAtOnce = 4;
const progressMs = 100;

export function createFetcher(options: FetcherOptions): Fetcher {
  const { http, api, token, cacheFolder, symlinks, verified, slots, policy } = options;

  const remote = (repo: string, commit: string, path: string): RemoteFile =>
    createRemoteFile({
      http,
      url: api.fileUrl(repo, commit, path),
      subject: `${path} of ${repo}`,
      purpose: `Fetching ${path} of ${repo}`,
      page: api.pageOf(repo),
      token,
    });

  const cachedPath: Fetcher['cachedPath'] = async (repo, commit, path, blob, signal) => {
    const cached = await findCached(cachePaths(cacheFolder, repo), commit, path);
    if (cached === null) return null;
    const expected = blob || cached.blob;
    // A plain file whose hash nobody knows: its tool vouched for it.
    if (expected === null || (await verified.matches(cached.real, expected, signal))) return cached.path;
    return null;
  };

  const fetchOne = async (
    { repo, commit, paths }: Snapshot,
    file: HubFile,
    meter: Meter,
    signal: AbortSignal,
  ): Promise<string> => {
    const blob = blobOf(file);
    const there = await cachedPath(repo, commit, file.path, blob, signal);
    if (there !== null) {
      meter.add(file.path, file.bytes, false);
      return there;
    }
    const path = paths.blob(blob);
    const present = (): Promise<boolean> => verified.matches(path, blob, signal);
    if (http.offline() && !(await present())) throw offlineError(`${file.path} of ${repo}`);
    await downloadBlob(
      { remote: remote(repo, commit, file.path), bytes: file.bytes, blob, path, lock: paths.lock(blob) },
      {
        slots,
        policy,
        signal,
        present,
        onBytes: (bytes, fetched) => meter.add(file.path, bytes, fetched),
        onChecking: () => meter.checking(file.path),
        onNote: meter.note,
      },
    );
    await verified.remember(path, blob);
    return linkBlob(paths, blob, commit, file.path, symlinks);
  };

  return {
    remote,
    cachedPath,
    async download(repo, commit, files, { signal, onProgress = () => {}, onNote = () => {} }) {
      const paths = cachePaths(cacheFolder, repo);
      await tagCache(cacheFolder, paths);
      const meter = createMeter(files, onProgress, onNote);
      const found = new Map<string, string>();
      const bySize = [...files].sort((a, b) => a.bytes - b.bytes);
      await together(bySize, filesAtOnce, signal, async (file, stopped) => {
        found.set(file.path, await fetchOne({ repo, commit, paths }, file, meter, stopped));
      });
      meter.end();
      return found;
    },
    async discard(repo, files) {
      const paths = cachePaths(cacheFolder, repo);
      if (!(await stat(paths.folder).catch(() => null))) return;
      for (const file of files) await discardPartial(paths.blob(blobOf(file)), paths.lock(blobOf(file)));
    },
  };
}

interface Snapshot {
  readonly repo: string;
  readonly commit: string;
  readonly paths: CachePaths;
}

interface Meter {
  add(path: string, bytes: number, fetched: boolean): void;
  checking(path: string): void;
  note(sentence: string): void;
  end(): void;
}

function createMeter(
  files: readonly HubFile[],
  onProgress: (progress: TransferProgress) => void,
  note: (sentence: string) => void,
): Meter {
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const speed = createSpeed();
  let doneBytes = 0;
  let path = '';
  let doing: TransferProgress['doing'] = 'fetch';
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (): void => {
    toldAt = performance.now();
    onProgress({ doneBytes, totalBytes, bytesPerSecond: speed.now(), path, doing });
  };
  return {
    add(moved, bytes, fetched) {
      doneBytes += bytes;
      if (fetched) speed.add(bytes);
      path = moved;
      doing = 'fetch';
      if (performance.now() - toldAt >= progressMs) tell();
    },
    checking(checked) {
      path = checked;
      doing = 'check';
      tell();
    },
    note,
    end: tell,
  };
}
