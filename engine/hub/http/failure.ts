import type { IncomingHttpHeaders } from 'node:http';
import { ExpectedError } from '../../contract/errors.ts';

/** Why a request failed, as the cause of the ExpectedError that says so: what a retry has to know. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  /** Null where no answer came. */
  readonly status: number | null;
  /** The same request may succeed later. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    facts: {
      readonly status?: number;
      readonly retryable: boolean;
      readonly retryAfterMs?: number | null;
      readonly cause?: unknown;
    },
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.status = facts.status ?? null;
    this.retryable = facts.retryable;
    this.retryAfterMs = facts.retryAfterMs ?? null;
  }
}

export function httpFailureOf(error: unknown): HttpFailure | null {
  return error instanceof ExpectedError && error.cause instanceof HttpFailure ? error.cause : null;
}

/** What was asked for, as sentences name it. */
export interface Asked {
  readonly url: URL;
  /** "model.safetensors of google/siglip-base-patch16-224". Begins a sentence or stands in one. */
  readonly subject: string;
  /** Where a person can look at it and accept its conditions. */
  readonly page: string | null;
  readonly tokenSent: boolean;
  /** Sent here by another server, which knows it: a refusal is of the address, which may have run out. */
  readonly sentOn: boolean;
}

/** What an HTTP status means; the codes in X-Error-Code are the hub's. */
export function refused(asked: Asked, status: number, headers: IncomingHttpHeaders): ExpectedError {
  const { subject, url, page } = asked;
  const reason = single(headers['x-error-code']);
  const fail = (retryable: boolean, retryAfterMs: number | null = null): { cause: HttpFailure } => ({
    cause: new HttpFailure(`HTTP ${status} from ${url.host}`, { status, retryable, retryAfterMs }),
  });
  if (asked.sentOn && [401, 403, 404, 410].includes(status)) {
    return new ExpectedError(
      'network',
      `${url.host}, which keeps ${subject}, refuses it (HTTP ${status}).`,
      'Start again later: what was fetched is kept.',
      fail(true),
    );
  }
  if (reason === 'GatedRepo') return gated(asked, fail(false));
  switch (status) {
    case 401:
      return asked.tokenSent
        ? new ExpectedError(
            'unauthorised',
            `${url.host} does not accept the token for ${subject}.`,
            'Enter a new token in the settings, or log in again with `hf auth login`.',
            fail(false),
          )
        : new ExpectedError(
            'unauthorised',
            `${url.host} does not show ${subject} without a token: it is private, or it does not exist.`,
            'Check the name; where it is private, enter a token in the settings or log in with `hf auth login`.',
            fail(false),
          );
    case 403:
      return new ExpectedError(
        'unauthorised',
        `${url.host} does not give access to ${subject}.`,
        page === null
          ? 'Check what your token allows.'
          : `Check what your token allows, and look at ${page}.`,
        fail(false),
      );
    case 404:
    case 410:
      return new ExpectedError(
        'not_found',
        missing(subject, url.host, reason),
        'Check the name.',
        fail(false),
      );
    case 407:
      return new ExpectedError(
        'network',
        'The proxy wants a user name and a password.',
        'Put them into the proxy setting: http://user:password@host:port.',
        fail(false),
      );
    case 416:
      return new ExpectedError(
        'wrong_content',
        `${subject} is shorter at ${url.host} than it was announced.`,
        'Start again: it is looked up anew.',
        fail(false),
      );
    case 429: {
      const wait = retryAfter(headers);
      return new ExpectedError(
        'rate_limited',
        `${url.host} takes no more requests for now; ${subject} was not fetched.`,
        wait === null ? 'Wait a few minutes, then start again.' : `Start again in ${inWords(wait)}.`,
        fail(true, wait),
      );
    }
    default: {
      const server = status >= 500 || status === 408;
      return new ExpectedError(
        'network',
        `${url.host} failed to give ${subject} (HTTP ${status}).`,
        server
          ? 'The trouble is on its side: start again later; what was fetched is kept.'
          : 'Check the endpoint in the settings, then start again.',
        fail(server, server ? retryAfter(headers) : null),
      );
    }
  }
}

function gated({ subject, page, tokenSent, url }: Asked, cause: { cause: HttpFailure }): ExpectedError {
  const where = page ?? url.origin;
  return new ExpectedError(
    'gated',
    `The owner of ${subject} wants its conditions accepted first.`,
    tokenSent
      ? `Accept them at ${where}, then start again.`
      : `Accept them at ${where}, then enter a token of that account in the settings.`,
    cause,
  );
}

function missing(subject: string, host: string, reason: string | undefined): string {
  if (reason === 'RevisionNotFound') return `${host} does not have that revision of ${subject}.`;
  return `${host} does not have ${subject}.`;
}

const certificates = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/;

/** A request that got no whole answer: name, connection, TLS, silence, cut. */
export function broken({ subject, url }: Pick<Asked, 'subject' | 'url'>, error: unknown): ExpectedError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const detail = error instanceof Error ? error.message : String(error);
  const trust = certificates.test(code);
  return new ExpectedError(
    'network',
    `${subject} could not be fetched: ${explained(code, detail, url)}.`,
    trust
      ? 'Where a company inspects its network, name its certificate in NODE_EXTRA_CA_CERTS and start the application again.'
      : 'Check the network and the proxy setting, then start again: what was fetched is kept.',
    { cause: new HttpFailure(detail, { retryable: !trust, cause: error }) },
  );
}

function explained(code: string, detail: string, url: URL): string {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${url.hostname} is not known here`;
    case 'ECONNREFUSED':
      return `${url.host} refuses the connection`;
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return `there is no way to ${url.host}`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `the connection to ${url.host} was cut`;
    case 'ETIMEDOUT':
      return `${url.host} does not answer`;
    default:
      return certificates.test(code)
        ? `the certificate of ${url.host} is not trusted (${code})`
        : `${url.host}: ${detail}`;
  }
}

/** Milliseconds that the server asks to wait: Retry-After (seconds or a date), or the hub's `RateLimit: …;r=0;t=55`. */
export function retryAfter(headers: IncomingHttpHeaders, now: number = Date.now()): number | null {
  const value = headers['retry-after'];
  if (value !== undefined) {
    const seconds = Number(value);
    if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
    const date = Date.parse(value);
    if (Number.isFinite(date)) return Math.max(0, date - now);
  }
  const limit = /;\s*r=0\s*;\s*t=(\d+)/.exec(single(headers.ratelimit) ?? '');
  return limit ? Number(limit[1]) * 1000 : null;
}

function inWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
