import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** What a request may do. `login`: it brought the token in its address and gets the cookie for it. */
export type Verdict =
  | { readonly kind: 'granted' }
  | { readonly kind: 'login' }
  | { readonly kind: 'refused'; readonly status: 400 | 401 | 403; readonly sentence: string };

export interface Access {
  judge(request: IncomingMessage, url: URL): Verdict;
  /** The value of Set-Cookie after a login. */
  readonly cookie: string;
}

export interface AccessOptions {
  readonly token: string;
  /** The host name or address the server was told to listen on. */
  readonly host: string;
  readonly port: number;
}

/** 256 bits, safe in an address. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Every request must name a host that cannot be another site's name for this machine (DNS rebinding), come from this
 * server's own pages where a browser says where it comes from, and know the token.
 */
export function createAccess({ token, host, port }: AccessOptions): Access {
  // Cookies do not tell ports apart: two servers on one machine need two names.
  const name = `merv_${port}`;
  const ownNames = new Set(['localhost', host.toLowerCase(), hostname().toLowerCase()]);

  return {
    cookie: `${name}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000`,
    judge(request, url) {
      const asked = hostOf(request.headers.host);
      if (!asked || !(isIP(asked) || ownNames.has(asked))) {
        return refuse(403, 'This host name is not one of this server.');
      }
      const { origin } = request.headers;
      if (origin !== undefined && !isOwnOrigin(origin, request.headers.host!)) {
        return refuse(403, 'Only pages of this server may ask it.');
      }
      // First, so that the token leaves the address of whoever has the cookie already.
      if (request.method === 'GET' && isSame(url.searchParams.get('token'), token)) return { kind: 'login' };
      if (isSame(cookieOf(request.headers.cookie, name), token)) return { kind: 'granted' };
      return refuse(401, 'Open the address that `merv serve` printed: it carries the token.');
    },
  };
}

const refuse = (status: 400 | 401 | 403, sentence: string): Verdict => ({
  kind: 'refused',
  status,
  sentence,
});

/** "[::1]:80" -> "::1", "localhost:80" -> "localhost"; null for anything that is no host. */
function hostOf(header: string | undefined): string | null {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? '');
  return (parts?.[1] ?? parts?.[2])?.toLowerCase() ?? null;
}

function isOwnOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

function cookieOf(header: string | undefined, name: string): string | null {
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}

/** In constant time, whatever the lengths. */
function isSame(given: string | null, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return given !== null && timingSafeEqual(digest(given), digest(token));
}
