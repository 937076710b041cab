import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { ExpectedError } from '../../contract/errors.ts';

/** Left free on the disk, whatever is uploaded: the database and the system need it. */
const reserveBytes = 512 * 2 ** 20;
const longestName = 120;

export interface UploadOptions {
  readonly folder: string;
  readonly freeBytes: (folder: string) => Promise<number | null>;
}

/**
 * Streams a request's body into a file of its own folder below `folder` and returns its path. Nothing is left of an
 * upload that ends early. Throws ExpectedError 'bad_request', 'disk_full', 'cancelled'.
 */
export async function receiveUpload(
  request: IncomingMessage,
  name: string | null,
  { folder, freeBytes }: UploadOptions,
): Promise<string> {
  const safe = safeFileName(name);
  const free = await freeBytes(folder);
  const limit = free === null ? Number.POSITIVE_INFINITY : Math.max(0, free - reserveBytes);
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(safe);

  const place = join(folder, randomUUID());
  const partial = join(place, `${safe}.part`);
  await mkdir(place, { recursive: true, mode: 0o700 });
  try {
    const file = await open(partial, 'wx', 0o600);
    try {
      let received = 0;
      for await (const chunk of request as AsyncIterable<Buffer>) {
        received += chunk.length;
        if (received > limit) throw tooLarge(safe);
        await file.writeFile(chunk);
      }
      if (!request.complete) throw cutOff(safe);
      if (received === 0) throw new ExpectedError('bad_request', `${safe} is empty.`, 'Choose another file.');
      await file.sync();
    } finally {
      await file.close();
    }
    const path = join(place, safe);
    await rename(partial, path);
    return path;
  } catch (error) {
    await rm(place, { recursive: true, force: true });
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOSPC') throw tooLarge(safe, error);
    if (code === 'ECONNRESET') throw cutOff(safe, error);
    throw error;
  }
}

const reservedOnWindows = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** The last part of a name from anywhere, without what any platform forbids; its extension is kept. */
export function safeFileName(name: string | null): string {
  const last = (name ?? '').split(/[/\\]/).pop() ?? '';
  const clean = last
    .replaceAll(/[\p{Cc}\p{Cf}<>:"|?*\uD800-\uDFFF]/gu, '_')
    .trim()
    .replace(/^[.\s-]+/, '')
    .replace(/[.\s]+$/, '');
  const characters = [...clean];
  const dot = clean.lastIndexOf('.');
  const extension = dot > 0 && clean.length - dot <= 10 ? clean.slice(dot) : '';
  const short =
    characters.length > longestName
      ? characters.slice(0, longestName - extension.length).join('') + extension
      : clean;
  return short === '' || reservedOnWindows.test(short) ? `video${extension}` : short;
}

function tooLarge(name: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'disk_full',
    `There is not enough room on the server's disk for ${name}.`,
    'Free some space there, or choose a smaller file.',
    { cause },
  );
}

function cutOff(name: string, cause?: unknown): ExpectedError {
  return new ExpectedError('cancelled', `The upload of ${name} was cut off.`, 'Upload it again.', { cause });
}
