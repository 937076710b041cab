import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { mediaHost, mediaScheme } from '../common/channels.ts';
import { byteRange } from './byte-range.ts';
import { contentType } from './content-types.ts';
import { type SchemeReply, serveScheme } from './protocol.ts';

const notFound: SchemeReply = { status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not found.' };

/** Serves one file with byte ranges, so that a player can seek. 404 where it is gone or no regular file. */
export async function serveFile(
  path: string,
  method: string,
  range: string | undefined,
): Promise<SchemeReply> {
  const info = await stat(path).catch(() => null);
  if (!info?.isFile()) return notFound;
  const asked = byteRange(range, info.size);
  const common = { 'content-type': contentType(path), 'accept-ranges': 'bytes', 'cache-control': 'no-store' };
  if (asked.kind === 'unsatisfiable') {
    return { status: 416, headers: { ...common, 'content-range': `bytes */${info.size}` }, body: null };
  }
  const { start, end } = asked.kind === 'part' ? asked : { start: 0, end: info.size - 1 };
  const body = method === 'HEAD' || info.size === 0 ? null : createReadStream(path, { start, end });
  const length = { 'content-length': String(end - start + 1) };
  return asked.kind === 'part'
    ? {
        status: 206,
        headers: { ...common, ...length, 'content-range': `bytes ${start}-${end}/${info.size}` },
        body,
      }
    : { status: 200, headers: { ...common, ...length }, body };
}

/** Serves media://video/<id> for the ids in `paths` and for nothing else. */
export function serveMedia(paths: ReadonlyMap<string, string>): void {
  serveScheme(mediaScheme, async ({ method, url, range }) => {
    if (url.host !== mediaHost || (method !== 'GET' && method !== 'HEAD')) return notFound;
    const path = paths.get(decodeURIComponent(url.pathname.slice(1)));
    return path === undefined ? notFound : serveFile(path, method, range);
  });
}
