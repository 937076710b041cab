import type { IncomingHttpHeaders } from 'node:http';
import { ExpectedError } from '../../contract/errors.ts';
import { httpFailureOf } from '../http/failure.ts';
import type { Http, HttpResponse } from '../http/http.ts';

/** A file behind an address that may send on to another server, read whole or in ranges. */
export interface RemoteFile {
  readonly subject: string;
  /**
   * Bytes from `start` to before `end`; all of it for null. A server may answer with all of it all the same: look at
   * `ranged`. Throws what {@link Http.send} throws.
   */
  read(range: ByteRange | null, signal: AbortSignal | undefined): Promise<FileAnswer>;
  /** The next read looks its place up anew. */
  forget(): void;
}

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface FileAnswer {
  /** False where the body is the whole file. */
  readonly ranged: boolean;
  /** Of the whole file, as this answer says; null where it does not. */
  readonly total: number | null;
  /** Names the content: the hub's X-Linked-ETag, else the answer's own ETag. */
  readonly identity: string | null;
  readonly body: AsyncIterable<Uint8Array>;
  discard(): void;
}

export interface RemoteOptions {
  readonly http: Http;
  readonly url: string;
  readonly subject: string;
  readonly purpose: string;
  readonly page: string | null;
  /** Asked before each request to `url`. */
  readonly token: () => Promise<string | null>;
}

/** Refusals of a signed address that has run out. */
const expired = new Set([401, 403, 404, 410]);

/**
 * The address that it is sent on to is kept for the next range, so that a file of many ranges is looked up once; where
 * it no longer works, it is looked up again.
 */
export function createRemoteFile({ http, url, subject, purpose, page, token }: RemoteOptions): RemoteFile {
  const origin = new URL(url).origin;
  let place: { readonly url: string; readonly identity: string | null } | null = null;

  const ask = async (from: string, range: ByteRange | null, signal: AbortSignal | undefined) => {
    const value = new URL(from).origin === origin ? await token() : null;
    const headers = range === null ? {} : { range: `bytes=${range.start}-${range.end - 1}` };
    return http.send({
      url: from,
      purpose,
      subject,
      page,
      headers,
      signal,
      token: value === null ? null : { value, origin },
    });
  };

  return {
    subject,
    forget() {
      place = null;
    },
    async read(range, signal) {
      if (place !== null) {
        const { identity } = place;
        try {
          return answerOf(await ask(place.url, range, signal), range, subject, identity);
        } catch (error) {
          if (!expired.has(httpFailureOf(error)?.status ?? 0)) throw error;
          place = null;
        }
      }
      const response = await ask(url, range, signal);
      const identity = linkedEtag(response.redirects);
      if (new URL(response.url).origin !== origin) place = { url: response.url, identity };
      return answerOf(response, range, subject, identity);
    },
  };
}

function answerOf(
  response: HttpResponse,
  range: ByteRange | null,
  subject: string,
  linked: string | null,
): FileAnswer {
  const { headers, body, discard } = response;
  const etag = plainEtag(headers.etag);
  const identity = linked ?? plainEtag(single(headers['x-linked-etag'])) ?? etag;
  if (response.status !== 206) {
    const length = headers['content-length'];
    const total = length === undefined ? null : Number(length);
    return { ranged: false, total, identity, body, discard };
  }
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  if (range === null || Number(start) !== range.start) {
    discard();
    throw new ExpectedError(
      'wrong_content',
      `${new URL(response.url).host} sends another piece of ${subject} than was asked for.`,
      'Check the endpoint and the proxy in the settings, then start again.',
    );
  }
  return { ranged: true, total: total === '*' ? null : Number(total), identity, body, discard };
}

function linkedEtag(redirects: readonly IncomingHttpHeaders[]): string | null {
  for (const headers of redirects) {
    const etag = plainEtag(single(headers['x-linked-etag']));
    if (etag !== null) return etag;
  }
  return null;
}

/** `W/"abc"` and `"abc"` are abc. */
function plainEtag(etag: string | undefined): string | null {
  return etag === undefined ? null : etag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
