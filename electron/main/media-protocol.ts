import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { mediaHost, mediaScheme } from '../common/channels.ts';
import { byteRange } from './byte-range.ts';
import { contentType } from './content-types.ts';
import { type SchemeReply, serveScheme } from './protocol.ts';

const notFound: SchemeReply = { status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not found.' };

/**
 * A part is cut off at this many bytes (RFC 9110 lets a server send less than was asked; players ask again), read
 * whole and closed: a player drops most of its requests half-way, and Electron 22 leaves their streams open.
 */
const partBytes = 2 << 20;

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
  if (asked.kind === 'whole') {
    const body = method === 'HEAD' ? null : createReadStream(path);
    return { status: 200, headers: { ...common, 'content-length': String(info.size) }, body };
  }
  const bytes = await readPart(path, asked.start, Math.min(asked.end - asked.start + 1, partBytes));
  const place = `bytes ${asked.start}-${asked.start + bytes.length - 1}/${info.size}`;
  return {
    status: 206,
    headers: { ...common, 'content-length': String(bytes.length), 'content-range': place },
    body: method === 'HEAD' ? null : bytes,
  };
}

async function readPart(path: string, start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Serves media://video/<id> for the ids in `paths` and for nothing else. */
export function serveMedia(paths: ReadonlyMap<string, string>): void {
  serveScheme(mediaScheme, async ({ method, url, range }) => {
    if (url.host !== mediaHost || (method !== 'GET' && method !== 'HEAD')) return notFound;
    const path = paths.get(decodeURIComponent(url.pathname.slice(1)));
    return path === undefined ? notFound : serveFile(path, method, range);
  });
}
