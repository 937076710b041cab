import * as z from 'zod';
import { ExpectedError } from '../../contract/errors.ts';
import { HttpFailure, httpFailureOf } from '../http/failure.ts';
import type { Http, HttpResponse } from '../http/http.ts';
import { type RetryPolicy, withRetry } from '../http/retry.ts';
import {
  filesOf,
  nextPage,
  type RepoAnswer,
  repoAnswerSchema,
  searchAnswerSchema,
  searchFields,
  treeAnswerSchema,
} from './api.ts';
import type { HubFile } from './file.ts';
import { escapedPath, isBlobName, isCommit, isInside } from './names.ts';

/** The hub's API and its files' addresses. Throws what {@link Http.send} throws. */
export interface HubApi {
  search(query: string, limit: number, signal: AbortSignal | undefined): Promise<readonly RepoAnswer[]>;
  /** @param revision null for what is current. */
  info(
    repo: string,
    revision: string | null,
    signal: AbortSignal | undefined,
  ): Promise<RepoAnswer & { readonly sha: string }>;
  /** All pages. */
  tree(repo: string, commit: string, signal: AbortSignal | undefined): Promise<readonly HubFile[]>;
  /** Whether the token's account may read a repository whose owner wants to be asked. */
  isGranted(repo: string, signal: AbortSignal | undefined): Promise<boolean>;
  fileUrl(repo: string, commit: string, path: string): string;
  pageOf(repo: string): string;
}

export interface ApiOptions {
  readonly http: Http;
  /** Without a slash at its end. */
  readonly endpoint: () => string;
  readonly token: () => Promise<string | null>;
}

/** People wait for these. */
const policy: RetryPolicy = { attempts: 3, baseMs: 300, longestMs: 5000 };
const largestAnswer = 64 << 20;
/** More pages than any repository has: a server that sends us round. */
const mostPages = 500;

export function createApi({ http, endpoint, token }: ApiOptions): HubApi {
  const pageOf = (repo: string): string => `${endpoint()}/${repo}`;

  const get = async <T>(schema: z.ZodType<T>, asking: Asking): Promise<Got<T>> => {
    const { url, purpose, subject, repo, signal } = asking;
    return withRetry(policy, signal, async () => {
      const value = await token();
      const { origin } = new URL(endpoint());
      const response = await http.send({
        url,
        purpose,
        subject,
        page: repo === null ? null : pageOf(repo),
        headers: { accept: 'application/json' },
        token: value === null ? null : { value, origin },
        signal,
      });
      return { value: await decoded(schema, response, subject), next: nextPage(response.headers.link) };
    });
  };

  return {
    pageOf,
    fileUrl: (repo, commit, path) => `${endpoint()}/${repo}/resolve/${commit}/${escapedPath(path)}`,
    async search(query, limit, signal) {
      const fields = searchFields.map((field) => `&expand[]=${field}`).join('');
      const { value } = await get(searchAnswerSchema, {
        url: `${endpoint()}/api/models?search=${encodeURIComponent(query.replace(/\p{Cs}/gu, '\uFFFD'))}&limit=${limit}&sort=downloads${fields}`,
        purpose: `Searching for ${query}`,
        subject: 'The search',
        repo: null,
        signal,
      });
      return value.slice(0, limit);
    },
    async info(repo, revision, signal) {
      const at = revision === null ? '' : `/revision/${encodeURIComponent(revision)}`;
      const { value } = await get(repoAnswerSchema, {
        url: `${endpoint()}/api/models/${repo}${at}`,
        purpose: `Looking at ${repo}`,
        subject: repo,
        repo,
        signal,
      });
      const { sha } = value;
      if (!sha || !isCommit(sha)) throw unexpected(endpoint(), repo, 'no commit');
      return { ...value, sha };
    },
    async tree(repo, commit, signal) {
      const files: HubFile[] = [];
      let url: string | null = `${endpoint()}/api/models/${repo}/tree/${commit}?recursive=true&limit=1000`;
      for (let pages = 0; url !== null; pages++) {
        const subject = `the list of files of ${repo}`;
        const asked: string = url;
        const { value, next }: Got<z.infer<typeof treeAnswerSchema>> = await get(treeAnswerSchema, {
          url: asked,
          purpose: `Listing the files of ${repo}`,
          subject,
          repo,
          signal,
        });
        files.push(...filesOf(value));
        url = next === null ? null : pageAfter(asked, next, repo);
        if (pages > mostPages) throw unexpected(endpoint(), repo, 'a list without an end');
      }
      const odd = files.find(({ path, oid, sha256 }) => !isInside(path) || !isBlobName(sha256 ?? oid));
      if (odd) throw unexpected(endpoint(), repo, `a file called ${JSON.stringify(odd.path.slice(0, 100))}`);
      return files;
    },
    async isGranted(repo, signal) {
      if ((await token()) === null) return false;
      try {
        await get(z.unknown(), {
          url: `${endpoint()}/api/models/${repo}/auth-check`,
          purpose: `Asking whether ${repo} may be fetched`,
          subject: repo,
          repo,
          signal,
        });
        return true;
      } catch (error) {
        if ([401, 403].includes(httpFailureOf(error)?.status ?? 0)) return false;
        throw error;
      }
    },
  };
}

/** The next page is where this one is. */
function pageAfter(asked: string, next: string, repo: string): string {
  try {
    const url = new URL(next, asked);
    if (url.origin === new URL(asked).origin) return url.href;
  } catch {
    // No address at all.
  }
  throw unexpected(asked, repo, 'a list that goes on elsewhere');
}

interface Asking {
  readonly url: string;
  readonly purpose: string;
  readonly subject: string;
  readonly repo: string | null;
  readonly signal: AbortSignal | undefined;
}

interface Got<T> {
  readonly value: T;
  readonly next: string | null;
}

async function decoded<T>(schema: z.ZodType<T>, response: HttpResponse, subject: string): Promise<T> {
  const text = (await readBody(response, largestAnswer, subject)).toString('utf8');
  let json: unknown = null;
  try {
    json = JSON.parse(text);
  } catch {
    // auth-check says OK in plain text; a page that asks for a login is refused by the schema.
    json = null;
  }
  const result = schema.safeParse(json);
  if (!result.success) throw unexpected(response.url, subject, 'something that is not its API');
  return result.data;
}

/** All of a body. Throws ExpectedError 'file_unsupported' where it is larger than `most` bytes. */
export async function readBody(response: HttpBody, most: number, subject: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body) {
    bytes += piece.byteLength;
    if (bytes > most) {
      throw new ExpectedError(
        'file_unsupported',
        `${subject} is larger than expected.`,
        'Choose another model.',
      );
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

interface HttpBody {
  readonly body: AsyncIterable<Uint8Array>;
}

function unexpected(url: string, subject: string, what: string): ExpectedError {
  return new ExpectedError(
    'network',
    `${new URL(url).host} answers ${what} when asked for ${subject}.`,
    'Check the endpoint in the settings, and whether this network wants you to log in first.',
    { cause: new HttpFailure(what, { retryable: false }) },
  );
}
