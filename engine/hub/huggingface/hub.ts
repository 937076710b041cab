import { mkdir, readFile } from 'node:fs/promises';
import { ExpectedError } from '../../contract/errors.ts';
import type { RepoDetail, RepoSummary } from '../../contract/hub.ts';
import { openFile, type RandomAccessFile } from '../../weights/random-access-file.ts';
import { type Http, offlineError } from '../http/http.ts';
import type { RetryPolicy } from '../http/retry.ts';
import { createSlots } from '../transfer/slots.ts';
import { writeProblem } from '../transfer/write-problem.ts';
import { summaryOf, withoutFrontMatter } from './api.ts';
import { createApi } from './api-client.ts';
import { cachePaths, findCached, readRef, writeRef } from './cache.ts';
import { createFetcher, type DownloadOptions } from './fetcher.ts';
import { blobOf, type HubFile, type HubListing } from './file.ts';
import { checkPath, checkRepo, checkRevision, isCommit } from './names.ts';
import { openRemote } from './remote-reader.ts';
import { readSnapshot, readTree, writeTree } from './tree-file.ts';
import { createVerified } from './verified.ts';

/** A repository as its page shows it; what can be installed of it is for conversion to say. */
export type RepoPage = Omit<RepoDetail, 'installable' | 'refusal'>;

/**
 * Hugging Face, through the cache that its tools share. `revision` null is `main`. In offline mode all but `search`
 * works from the cache alone.
 * All throw ExpectedError: 'bad_request' (a name that is none), 'offline', 'unauthorised', 'gated', 'not_found',
 * 'rate_limited', 'network', 'cancelled'; those that fetch files also 'wrong_content', 'disk_full', 'not_allowed'.
 */
export interface Hub {
  search(query: string, limit: number, signal?: AbortSignal): Promise<readonly RepoSummary[]>;
  repo(repo: string, revision: string | null, signal?: AbortSignal): Promise<RepoPage>;
  listFiles(repo: string, revision: string | null, signal?: AbortSignal): Promise<HubListing>;
  /** All of a file of at most 64 MiB; it is in the cache afterwards. */
  readSmall(repo: string, commit: string, path: string, signal?: AbortSignal): Promise<Buffer>;
  /** Bytes of a file that is not fetched: of the cache where it is there. */
  readRange(
    repo: string,
    commit: string,
    path: string,
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array>;
  /** The same for readers of headers; `path` is its name in sentences. Close it. */
  openFile(repo: string, commit: string, path: string, signal?: AbortSignal): Promise<RandomAccessFile>;
  /**
   * Where a file is on this machine, whoever fetched it; null where it is not, or not whole. It is hashed when it is
   * first asked for, and when it changed.
   */
  cachedPath(repo: string, commit: string, path: string, signal?: AbortSignal): Promise<string | null>;
  /** The same by its length alone, without reading it. */
  isCached(repo: string, commit: string, file: HubFile): Promise<boolean>;
  /**
   * Fetches what is not there. Its paths in the snapshot, by path in the repository. Abort to pause: a later call, also
   * after a kill, goes on where it stopped.
   */
  download(
    repo: string,
    commit: string,
    files: readonly HubFile[],
    options?: DownloadOptions,
  ): Promise<ReadonlyMap<string, string>>;
  /** Removes what is there of files that were not fetched to their end. */
  discard(repo: string, files: readonly HubFile[]): Promise<void>;
}

export interface HubOptions {
  readonly http: Http;
  /** Without a slash at its end; asked at each use. */
  readonly endpoint: () => string;
  readonly token: () => Promise<string | null>;
  /** Absolute; it need not exist. */
  readonly cacheFolder: string;
  /** False makes files instead of links. */
  readonly symlinks: boolean;
  /** Where it is kept which files were hashed; absolute. */
  readonly checkedFile: string;
  readonly policy?: RetryPolicy;
}

const patient: RetryPolicy = { attempts: 8, baseMs: 500, longestMs: 30_000 };
/** For all files of all jobs together. */
const connections = 8;
const largestSmall = 64 << 20;
const mainBranch = 'main';

export function createHub(options: HubOptions): Hub {
  const { http, endpoint, token, cacheFolder, symlinks, checkedFile, policy = patient } = options;
  const api = createApi({ http, endpoint, token });
  const verified = createVerified(checkedFile);
  const slots = createSlots(connections);
  const fetcher = createFetcher({ http, api, token, cacheFolder, symlinks, verified, slots, policy });
  /** Listings of commits, which never change, and the revisions that named them since the start. */
  const listings = new Map<string, HubListing>();
  const revisions = new Map<string, string>();

  const listCommit = async (repo: string, commit: string, signal?: AbortSignal): Promise<HubListing> => {
    const key = `${repo}@${commit}`;
    const known = listings.get(key);
    if (known) return known;
    const paths = cachePaths(cacheFolder, repo);
    let files = await readTree(paths, commit);
    if (files === null && http.offline()) {
      // Of what other tools fetched; not remembered, because it is not all of it.
      const present = await readSnapshot(paths, commit);
      if (present === null) throw offlineError(repo);
      return { repo, commit, files: present };
    }
    files ??= await api.tree(repo, commit, signal);
    const listing = { repo, commit, files };
    listings.set(key, listing);
    return listing;
  };

  const resolve = async (repo: string, revision: string, signal?: AbortSignal): Promise<string> => {
    if (isCommit(revision)) return revision;
    if (http.offline()) {
      const commit = await readRef(cachePaths(cacheFolder, repo), revision);
      if (commit === null) throw offlineError(repo);
      return commit;
    }
    const { sha } = await api.info(repo, revision, signal);
    revisions.set(`${repo}@${revision}`, sha);
    return sha;
  };

  const fileOf = async (repo: string, commit: string, path: string, signal?: AbortSignal) => {
    checkRepo(repo);
    checkPath(path);
    const listing = await listCommit(repo, commit, signal);
    const file = listing.files.find((candidate) => candidate.path === path);
    if (file) return file;
    throw new ExpectedError('not_found', `${repo} does not have ${path}.`, 'Choose another model.');
  };

  const isCached: Hub['isCached'] = async (repo, commit, file) => {
    const paths = cachePaths(cacheFolder, repo);
    const cached = await findCached(paths, commit, file.path);
    return cached !== null && cached.bytes === file.bytes;
  };

  const download: Hub['download'] = async (repo, commit, files, job = {}) => {
    checkRepo(repo);
    for (const { path } of files) checkPath(path);
    const paths = cachePaths(cacheFolder, repo);
    const listing = listings.get(`${repo}@${commit}`);
    try {
      // The snapshot first: to other tools a revision without one is a broken cache.
      await mkdir(paths.snapshot(commit), { recursive: true });
      if (listing) await writeTree(paths, commit, listing.files);
      for (const [key, named] of revisions) {
        if (named === commit && key.startsWith(`${repo}@`))
          await writeRef(paths, key.slice(repo.length + 1), commit);
      }
      return await fetcher.download(repo, commit, files, job);
    } catch (error) {
      throw writeProblem(paths.folder, error);
    }
  };

  const readRange: Hub['readRange'] = async (repo, commit, path, offset, length, signal) => {
    const file = await hubFile(repo, commit, path, signal);
    try {
      return await file.read(offset, length);
    } finally {
      await file.close();
    }
  };

  const hubFile: Hub['openFile'] = async (repo, commit, path, signal) => {
    const file = await fileOf(repo, commit, path, signal);
    const cached = await findCached(cachePaths(cacheFolder, repo), commit, path);
    if (cached !== null && cached.bytes === file.bytes) return openFile(cached.path);
    return openRemote(fetcher.remote(repo, commit, path), file.bytes, signal);
  };

  return {
    async search(query, limit, signal) {
      return (await api.search(query, limit, signal)).map(summaryOf);
    },
    async listFiles(repo, revision, signal) {
      checkRepo(repo);
      checkRevision(revision ?? mainBranch);
      return listCommit(repo, await resolve(repo, revision ?? mainBranch, signal), signal);
    },
    async repo(repo, revision, signal) {
      checkRepo(repo);
      checkRevision(revision ?? mainBranch);
      const offline = http.offline();
      const answer = offline
        ? { id: repo, sha: await resolve(repo, revision ?? mainBranch) }
        : await api.info(repo, revision ?? mainBranch, signal);
      const commit = answer.sha;
      if (!offline) revisions.set(`${repo}@${revision ?? mainBranch}`, commit);
      const { files } = await listCommit(repo, commit, signal);
      const summary = summaryOf(answer);
      const granted = summary.gated === 'asks' && !offline && (await api.isGranted(repo, signal));
      return {
        ...summary,
        gated: granted ? 'granted' : summary.gated,
        commit,
        url: api.pageOf(repo),
        readme: await readme(repo, commit, files, signal),
        files: await Promise.all(
          files.map(async (file) => ({
            path: file.path,
            bytes: file.bytes,
            cached: await isCached(repo, commit, file),
          })),
        ),
      };
    },
    async readSmall(repo, commit, path, signal) {
      const file = await fileOf(repo, commit, path, signal);
      if (file.bytes > largestSmall) {
        throw new ExpectedError(
          'file_unsupported',
          `${path} of ${repo} has ${file.bytes} bytes, too many for what it is.`,
          'Choose another model.',
        );
      }
      const found = await download(repo, commit, [file], { signal });
      return readFile(found.get(path) ?? path);
    },
    readRange,
    openFile: hubFile,
    async cachedPath(repo, commit, path, signal) {
      checkRepo(repo);
      checkPath(path);
      const listed = listings.get(`${repo}@${commit}`)?.files;
      const files = listed ?? (await readTree(cachePaths(cacheFolder, repo), commit));
      const file = files?.find((candidate) => candidate.path === path);
      return fetcher.cachedPath(repo, commit, path, file ? blobOf(file) : null, signal);
    },
    isCached,
    download,
    discard: (repo, files) => fetcher.discard(repo, files),
  };

  /** A page is shown without it rather than not at all. */
  async function readme(
    repo: string,
    commit: string,
    files: readonly HubFile[],
    signal: AbortSignal | undefined,
  ): Promise<string | null> {
    const file = files.find(({ path }) => path.toLowerCase() === 'readme.md');
    if (file === undefined) return null;
    try {
      const bytes = await readRange(repo, commit, file.path, 0, Math.min(file.bytes, 1 << 20), signal);
      return withoutFrontMatter(Buffer.from(bytes).toString('utf8'));
    } catch (error) {
      if (error instanceof ExpectedError && error.code !== 'cancelled') return null;
      throw error;
    }
  }
}
