import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { byteRange } from '../../../electron/main/byte-range.ts';

// The module's scheme registration needs Electron; what is tested here does not.
vi.mock('electron', () => ({ protocol: {} }));
const { serveFile } = await import('../../../electron/main/media-protocol.ts');

describe('byteRange', () => {
  it.each([
    [undefined, { kind: 'whole' }],
    ['bytes=0-', { kind: 'part', start: 0, end: 99 }],
    ['bytes=10-19', { kind: 'part', start: 10, end: 19 }],
    ['bytes=90-1000', { kind: 'part', start: 90, end: 99 }],
    ['bytes=-10', { kind: 'part', start: 90, end: 99 }],
    ['bytes=-1000', { kind: 'part', start: 0, end: 99 }],
    ['BYTES = 5 - 5', { kind: 'part', start: 5, end: 5 }],
    ['bytes=100-', { kind: 'unsatisfiable' }],
    ['bytes=-0', { kind: 'unsatisfiable' }],
    ['bytes=20-10', { kind: 'whole' }],
    ['bytes=0-1,5-6', { kind: 'whole' }],
    ['lines=0-1', { kind: 'whole' }],
    ['bytes=-', { kind: 'whole' }],
  ] as const)('%s of 100 bytes', (header, expected) => {
    expect(byteRange(header, 100)).toEqual(expected);
  });

  it('finds nothing in an empty file', () => {
    expect(byteRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' });
  });
});

describe('serveFile', () => {
  let folder = '';
  let path = '';
  const content = Buffer.from(Array.from({ length: 5_000_000 }, (_, index) => index % 251));
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'merv-media-'));
    path = join(folder, 'a.mp4');
    await writeFile(path, content);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('serves the bytes asked for', async () => {
    const reply = await serveFile(path, 'GET', 'bytes=1000-1099');
    expect(reply.status).toBe(206);
    expect(reply.headers['content-range']).toBe('bytes 1000-1099/5000000');
    expect(reply.headers['content-length']).toBe('100');
    expect(Buffer.from(reply.body as Uint8Array)).toEqual(content.subarray(1000, 1100));
  });

  it('lets a player read on to the end in parts, every byte once', async () => {
    const parts: Buffer[] = [];
    for (let start = 0; start < content.length; ) {
      const reply = await serveFile(path, 'GET', `bytes=${start}-`);
      const part = Buffer.from(reply.body as Uint8Array);
      expect(reply.headers['content-range']).toBe(
        `bytes ${start}-${start + part.length - 1}/${content.length}`,
      );
      parts.push(part);
      start += part.length;
    }
    expect(Buffer.concat(parts).equals(content)).toBe(true);
  });

  it('serves the whole file without a range', async () => {
    const reply = await serveFile(path, 'GET', undefined);
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('video/mp4');
    expect((await buffer(reply.body as Readable)).equals(content)).toBe(true);
  });

  it('says 416 beyond the end and 404 for what is no file', async () => {
    const beyond = await serveFile(path, 'GET', 'bytes=5000000-');
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */5000000']);
    expect((await serveFile(folder, 'GET', undefined)).status).toBe(404);
    expect((await serveFile(join(folder, 'gone.mp4'), 'GET', undefined)).status).toBe(404);
  });
});
