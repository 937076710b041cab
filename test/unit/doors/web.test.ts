import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccess, randomToken } from '../../../engine/doors/web/access.ts';
import { byteRange } from '../../../engine/doors/web/byte-range.ts';
import { staticFile } from '../../../engine/doors/web/static-files.ts';
import { safeFileName } from '../../../engine/doors/web/upload.ts';

describe('a byte range', () => {
  const part = (from: number, to: number) => ({ kind: 'part', from, to });
  const whole = { kind: 'whole' };
  const unsatisfiable = { kind: 'unsatisfiable' };
  it.each([
    [undefined, 100, whole],
    ['bytes=0-', 100, part(0, 99)],
    ['bytes=0-0', 100, part(0, 0)],
    ['bytes=10-19', 100, part(10, 19)],
    ['bytes=90-1000', 100, part(90, 99)],
    ['bytes=-10', 100, part(90, 99)],
    ['bytes=-1000', 100, part(0, 99)],
    ['Bytes=5-6', 100, part(5, 6)],
    ['bytes=100-', 100, unsatisfiable],
    ['bytes=-0', 100, unsatisfiable],
    ['bytes=0-', 0, unsatisfiable],
    ['bytes=-1', 0, unsatisfiable],
    ['bytes=20-10', 100, whole],
    ['bytes=0-1,5-6', 100, whole],
    ['bytes=-', 100, whole],
    ['bytes=a-b', 100, whole],
    ['items=0-1', 100, whole],
    ['bytes=99999999999999999999-', 100, unsatisfiable],
  ])('%s of %i bytes', (header, size, expected) => {
    expect(byteRange(header, size)).toEqual(expected);
  });
});

describe('access', () => {
  const token = randomToken();
  const access = createAccess({ token, host: '127.0.0.1', port: 80 });
  const judge = (headers: IncomingMessage['headers'], path = '/', method = 'GET'): string => {
    const request = { method, headers } as IncomingMessage;
    const verdict = access.judge(request, new URL(`http://server${path}`));
    return verdict.kind === 'refused' ? String(verdict.status) : verdict.kind;
  };
  const cookie = `other=1; merv_80=${token}`;
  const host = 'localhost:80';

  it('is for those who know the token', () => {
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(judge({ host, cookie })).toBe('granted');
    expect(judge({ host }, `/?token=${token}`)).toBe('login');
    expect(judge({ host, cookie }, `/?token=${token}`)).toBe('login');
    expect(judge({ host })).toBe('401');
    expect(judge({ host }, '/?token=')).toBe('401');
    expect(judge({ host }, `/?token=${token.slice(1)}`)).toBe('401');
    expect(judge({ host }, `/?token=${token}`, 'POST')).toBe('401');
    expect(judge({ host, cookie: `merv_80=${token}x` })).toBe('401');
    expect(judge({ host, cookie: `merv_81=${token}` })).toBe('401');
    expect(judge({ host, cookie: 'merv_80' })).toBe('401');
  });

  it.each([
    ['127.0.0.1', 'granted'],
    ['127.0.0.1:9000', 'granted'],
    ['[::1]:80', 'granted'],
    ['LOCALHOST', 'granted'],
    ['192.168.0.7:80', 'granted'],
    ['evil.example', '403'],
    ['localhost.evil.example', '403'],
    ['127.0.0.1.evil.example', '403'],
    ['127.0.0.1@evil.example', '403'],
    ['localhost:80:80', '403'],
    ['', '403'],
  ])('by the host name %s is %s', (name, expected) => {
    expect(judge({ host: name, cookie })).toBe(expected);
  });

  it.each([
    ['http://localhost:80', 'granted'],
    ['https://localhost:80', 'granted'],
    ['http://localhost:81', '403'],
    ['http://evil.example', '403'],
    ['http://localhost:80.evil.example', '403'],
    ['null', '403'],
    ['', '403'],
  ])('from a page of %s is %s', (origin, expected) => {
    expect(judge({ host, cookie, origin })).toBe(expected);
  });
});

describe('files of the interface', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'merv-static-'));
    const root = join(folder, 'renderer');
    mkdirSync(join(root, 'assets'), { recursive: true });
    for (const file of ['index.html', 'assets/a b.js', '.secret']) writeFileSync(join(root, file), 'x');
    writeFileSync(join(folder, 'outside.txt'), 'x');
    symlinkSync(join(folder, 'outside.txt'), join(root, 'link.txt'));
    mkdirSync(join(folder, 'renderer-other'));
    writeFileSync(join(folder, 'renderer-other', 'x.txt'), 'x');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['/', 'index.html'],
    ['/index.html', 'index.html'],
    ['/assets/a%20b.js', 'assets/a b.js'],
    ['/../outside.txt', null],
    ['/%2e%2e/outside.txt', null],
    ['/assets/..%2f..%2foutside.txt', null],
    ['/..%5coutside.txt', null],
    ['/%2e%2e%2frenderer-other/x.txt', null],
    ['/link.txt', null],
    ['/.secret', null],
    ['/a%00b', null],
    ['/%', null],
    ['/missing', null],
  ])('%s is %s', async (path, expected) => {
    const found = await staticFile(join(folder, 'renderer'), path);
    expect(found?.endsWith(`/renderer/${expected}`) ?? null).toBe(expected === null ? null : true);
  });
});

describe('the name of an upload', () => {
  it.each([
    ['holiday.mp4', 'holiday.mp4'],
    ['Ferien am Größten See 🏖.mov', 'Ferien am Größten See 🏖.mov'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\a\\clip.mp4', 'clip.mp4'],
    ['..', 'video'],
    ['', 'video'],
    [null, 'video'],
    ['.hidden.mp4', 'hidden.mp4'],
    ['-i.mp4', 'i.mp4'],
    ['a\u0000b\nc.mp4', 'a_b_c.mp4'],
    ['a:b|c?.mp4', 'a_b_c_.mp4'],
    ['con.mp4', 'video.mp4'],
    ['name. . ', 'name'],
    [`${'x'.repeat(300)}.mp4`, `${'x'.repeat(116)}.mp4`],
  ])('%j becomes %j', (name, expected) => {
    expect(safeFileName(name)).toBe(expected);
  });
});
