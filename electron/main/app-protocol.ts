import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import { appHost, appScheme, mediaScheme } from '../common/channels.ts';
import { contentType } from './content-types.ts';
import { type SchemeReply, serveScheme } from './protocol.ts';

/** Scripts from our own files only. Mantine writes inline styles, so styles alone may be inline. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  `img-src 'self' data: blob: ${mediaScheme}:`,
  `media-src ${mediaScheme}:`,
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const notFound: SchemeReply = { status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not found.' };

/** Serves the built page, `folder`, as app://merv/. Nothing outside the folder can be named. */
export function serveApp(folder: string): void {
  const root = normalize(folder + sep);
  serveScheme(appScheme, async ({ method, url }) => {
    if (url.host !== appHost || (method !== 'GET' && method !== 'HEAD')) return notFound;
    const name = decodeURIComponent(url.pathname === '/' ? '/index.html' : url.pathname);
    const path = join(root, name);
    if (!path.startsWith(root) || name.includes('\0')) return notFound;
    const info = await stat(path).catch(() => null);
    if (!info?.isFile()) return notFound;
    return {
      status: 200,
      headers: { ...headers, 'content-type': contentType(path), 'content-length': String(info.size) },
      body: method === 'HEAD' ? null : createReadStream(path),
    };
  });
}
