import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { cancelled, ExpectedError } from '../../contract/errors.ts';
import type { Settings } from '../../contract/settings.ts';
import type { ActivityEntry, ActivityList } from './activity.ts';
import { createBandwidth } from './bandwidth.ts';
import { type Asked, broken, HttpFailure, refused } from './failure.ts';
import { createAgents, type Environment } from './proxy.ts';

/** A GET request; nothing is ever sent but headers. */
export interface HttpRequest {
  readonly url: string;
  /** For the activity list: "Searching for merv". */
  readonly purpose: string;
  /** As sentences name it: "model.safetensors of google/siglip-base-patch16-224". */
  readonly subject: string;
  /** Where a person can look at it and accept its conditions. */
  readonly page: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to this origin only, whatever redirects say. */
  readonly token: { readonly value: string; readonly origin: string } | null;
  readonly signal?: AbortSignal | undefined;
}

/** An answer with status 200 to 299. Either read its body to the end or call `discard`. */
export interface HttpResponse {
  /** Where it came from after redirects. */
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Headers of the redirects on the way, first to last. */
  readonly redirects: readonly IncomingHttpHeaders[];
  /** May be read once. Throws ExpectedError 'network' (cut, silent), 'cancelled'. */
  readonly body: AsyncIterable<Uint8Array>;
  discard(): void;
}

export interface Http {
  /**
   * Throws ExpectedError 'offline' before anything is sent; 'unauthorised', 'gated', 'not_found', 'rate_limited',
   * 'wrong_content' (416) and 'network' with an HttpFailure as cause; 'cancelled'.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Offline mode, now. */
  offline(): boolean;
  /** Closes idle connections. */
  close(): void;
}

export interface HttpOptions {
  /** Asked at every request, so that a change takes effect at once. */
  readonly settings: () => Pick<Settings, 'offline' | 'proxy' | 'bandwidth'>;
  readonly activity: ActivityList;
  readonly env: Environment;
  /** Silence after which a connection counts as dead, in milliseconds. */
  readonly silenceMs?: number;
}

const mostRedirects = 8;
const usualSilenceMs = 30_000;
const userAgent = 'merv-studio';

/** The one way out of this machine: every request is in the activity list, and none leaves in offline mode. */
export function createHttp({ settings, activity, env, silenceMs = usualSilenceMs }: HttpOptions): Http {
  const agents = createAgents(env);
  const bandwidth = createBandwidth(() => settings().bandwidth);

  const exchange = async (url: URL, request: HttpRequest): Promise<Exchange> => {
    const { offline, proxy } = settings();
    if (offline) throw offlineError(request.subject);
    if (request.signal?.aborted) throw cancelled();
    const sendsToken = request.token !== null && request.token.origin === url.origin;
    const entry = activity.begin({ method: 'GET', url, purpose: request.purpose });
    try {
      const message = await open(url, {
        agent: agents.for(url, proxy),
        headers: {
          'user-agent': userAgent,
          // Lengths and ranges are those of the file, not of a compressed form of it.
          'accept-encoding': 'identity',
          ...request.headers,
          ...(sendsToken ? { authorization: `Bearer ${request.token?.value}` } : {}),
        },
        signal: request.signal,
        silenceMs,
      });
      entry.answered(message.statusCode ?? 0);
      return {
        message,
        entry,
        asked: { ...request, url, tokenSent: sendsToken, sentOn: new URL(request.url).origin !== url.origin },
      };
    } catch (error) {
      const expected = error instanceof ExpectedError ? error : broken({ ...request, url }, error);
      entry.ended(expected.message);
      throw expected;
    }
  };

  return {
    async send(request) {
      const redirects: IncomingHttpHeaders[] = [];
      let url = new URL(request.url);
      for (;;) {
        const { message, entry, asked } = await exchange(url, request);
        const status = message.statusCode ?? 0;
        const { headers } = message;
        const discard = (error: string | null): void => {
          entry.ended(error);
          drop(message);
        };
        if (status >= 200 && status < 300) {
          return {
            url: url.href,
            status,
            headers,
            redirects,
            body: readBody(message, {
              asked,
              entry,
              silenceMs,
              signal: request.signal,
              take: bandwidth.take,
            }),
            discard: () => discard(null),
          };
        }
        if (status < 300 || status >= 400 || headers.location === undefined) {
          const error = refused(asked, status, headers);
          discard(error.message);
          throw error;
        }
        discard(null);
        redirects.push(headers);
        url = followed(asked, headers.location, redirects.length);
      }
    },
    offline: () => settings().offline,
    close: agents.close,
  };
}

interface Exchange {
  readonly message: IncomingMessage;
  readonly entry: ActivityEntry;
  readonly asked: Asked;
}

export function offlineError(subject: string): ExpectedError {
  return new ExpectedError(
    'offline',
    `${subject} is not on this machine, and offline mode keeps it from being fetched.`,
    'Switch offline mode off in the settings, then start again.',
  );
}

function followed(asked: Asked, location: string, redirects: number): URL {
  const wrong = (what: string): ExpectedError =>
    new ExpectedError(
      'network',
      `${asked.url.host} sends ${asked.subject} ${what}.`,
      'Check the endpoint and the proxy in the settings.',
      { cause: new HttpFailure(what, { retryable: false }) },
    );
  if (redirects > mostRedirects) throw wrong('round in circles');
  let next: URL;
  try {
    next = new URL(location, asked.url);
  } catch {
    throw wrong('to an address that is none');
  }
  if (next.protocol !== 'https:' && next.protocol !== asked.url.protocol)
    throw wrong('to an address that is not secure');
  return next;
}

interface Sending {
  readonly agent: ReturnType<ReturnType<typeof createAgents>['for']>;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  readonly silenceMs: number;
}

/** Sends it and waits for the answer's headers. */
function open(url: URL, { agent, headers, signal, silenceMs }: Sending): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = send(url, { agent, headers });
    const stop = (): void => void sent.destroy(cancelled());
    const timer = setTimeout(() => sent.destroy(silent()), silenceMs);
    const settled = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    };
    signal?.addEventListener('abort', stop, { once: true });
    sent.on('response', (message) => {
      settled();
      resolve(message);
    });
    // Stays for the life of the request: an error after the answer reaches the body's reader too.
    sent.on('error', (error) => {
      settled();
      reject(error);
    });
    sent.end();
  });
}

function silent(): Error {
  return Object.assign(new Error('no byte came for too long'), { code: 'ETIMEDOUT' });
}

interface Reading {
  readonly asked: Asked;
  readonly entry: ActivityEntry;
  readonly silenceMs: number;
  readonly signal: AbortSignal | undefined;
  readonly take: (bytes: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** The body, no faster than the limit. The clock of silence runs only while something is waited for. */
async function* readBody(message: IncomingMessage, reading: Reading): AsyncGenerator<Uint8Array, void, void> {
  const { asked, entry, silenceMs, signal, take } = reading;
  const stop = (): void => void message.destroy(cancelled());
  signal?.addEventListener('abort', stop, { once: true });
  let failure: string | null = 'stopped before its end';
  let left = Number(message.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  try {
    if (signal?.aborted) throw cancelled();
    const pieces = message[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    for (;;) {
      const timer = setTimeout(() => message.destroy(silent()), silenceMs);
      const piece = await pieces.next().finally(() => clearTimeout(timer));
      if (piece.done === true) break;
      entry.received(piece.value.byteLength);
      await take(piece.value.byteLength, signal);
      left -= piece.value.byteLength;
      // A reader that knows the length asks for no more once it has it.
      if (left <= 0) failure = null;
      yield piece.value;
    }
    failure = null;
  } catch (error) {
    const expected =
      signal?.aborted === true ? cancelled() : error instanceof ExpectedError ? error : broken(asked, error);
    failure = expected.message;
    throw expected;
  } finally {
    signal?.removeEventListener('abort', stop);
    entry.ended(failure);
    message.destroy();
  }
}

/** A short body is read so that the connection can be used again; a long one is not worth it. */
function drop(message: IncomingMessage): void {
  message.on('error', () => {});
  if (Number(message.headers['content-length'] ?? Number.POSITIVE_INFINITY) > 65_536) message.destroy();
  else message.resume();
}
