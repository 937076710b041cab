import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { byteRange } from './byte-range.ts';
import { sendText } from './responses.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.bmp': 'image/bmp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mov': 'video/quicktime',
  '.webm': 'video/webm',
  '.mkv': 'video/x-matroska',
  '.avi': 'video/x-msvideo',
  '.ogv': 'video/ogg',
  '.ts': 'video/mp2t',
};

/** Sends a regular file, whole or one byte range (206, 416), for GET and HEAD. 404 where there is none. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const file = await openRegular(path);
  if (!file) return sendText(response, 404, 'There is no such file.');
  const { handle, size, modified } = file;
  try {
    const tag = `"${size.toString(36)}-${Math.round(modified.getTime()).toString(36)}"`;
    response.setHeader('Content-Type', types[extname(path).toLowerCase()] ?? 'application/octet-stream');
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader('ETag', tag);
    const condition = request.headers['if-range'];
    const range = byteRange(
      condition === undefined || condition === tag ? request.headers.range : undefined,
      size,
    );
    if (range.kind === 'unsatisfiable') {
      response.setHeader('Content-Range', `bytes */${size}`);
      return sendText(response, 416, 'The file has no such bytes.');
    }
    const [from, to] = range.kind === 'part' ? [range.from, range.to] : [0, size - 1];
    if (range.kind === 'part') response.setHeader('Content-Range', `bytes ${from}-${to}/${size}`);
    response.statusCode = range.kind === 'part' ? 206 : 200;
    response.setHeader('Content-Length', to - from + 1);
    if (request.method === 'HEAD' || size === 0) {
      response.end();
      return;
    }
    await pipeline(handle.createReadStream({ start: from, end: to, autoClose: false }), response);
  } finally {
    await handle.close();
  }
}

async function openRegular(
  path: string,
): Promise<{ readonly handle: FileHandle; readonly size: number; readonly modified: Date } | null> {
  // Not blocking: opening a named pipe would wait for its writer for ever.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(() => null);
  const found = await handle?.stat();
  if (handle && found?.isFile()) return { handle, size: found.size, modified: found.mtime };
  await handle?.close();
  return null;
}
