import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActivity } from '../../../engine/hub/http/activity.ts';
import { createHttp } from '../../../engine/hub/http/http.ts';
import { createHub, type Hub } from '../../../engine/hub/huggingface/hub.ts';
import { addressOf, closed, listening } from '../../support/local-server.ts';

/** A server that means harm, and who asked it with what. */
let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let authorizations: (string | undefined)[];
let endpoint: string;
let folder: string;
let hub: Hub;
const commit = 'a'.repeat(40);
const oid = 'b'.repeat(40);

beforeEach(async () => {
  authorizations = [];
  server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    answer(request, response);
  });
  await listening(server);
  endpoint = addressOf(server);
  folder = await mkdtemp(join(tmpdir(), 'hostile-hub-'));
  const settings = { offline: false, proxy: null, bandwidth: null };
  const http = createHttp({ settings: () => settings, activity: createActivity(), env: {}, silenceMs: 500 });
  hub = createHub({
    http,
    endpoint: () => endpoint,
    token: async () => 'secret',
    cacheFolder: join(folder, 'cache'),
    symlinks: true,
    checkedFile: join(folder, 'checked.json'),
    policy: { attempts: 2, baseMs: 5, longestMs: 10 },
  });
});
afterEach(async () => {
  await closed(server);
  await rm(folder, { recursive: true, force: true });
});

const expected = { name: 'ExpectedError' };
const json = (response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
};
const file = (path: string, size = 4) => ({ type: 'file', path, size, oid });

describe('a listing', () => {
  it.each([
    ['leaves the cache', file('../../x')],
    ['is absolute', file('/etc/passwd')],
    ['names a drive', file('C:/x')],
    ['has backslashes', file('..\\..\\x')],
    ['names a stream', file('x:stream')],
    ['is longer than a disk allows', file(`${'x'.repeat(300)}.json`)],
    ['ends in a dot, which Windows drops', file('.. ./x')],
    ['holds half a character', file('\ud800.json')],
    ['has a line end', file('a\nb')],
    ['is larger than any disk', file('model.bin', 2 ** 53)],
    ['is of no length', file('model.bin', -1)],
    ['has a blob that is a path', { ...file('a.json'), oid: '../../../evil' }],
    ['has a content that is a path', { ...file('a.bin'), lfs: { oid: '../x', size: 4 } }],
  ])('whose file %s is refused', async (_what, row) => {
    answer = (_, response) => json(response, [file('config.json'), row]);
    await expect(hub.listFiles('made/model', commit)).rejects.toMatchObject(expected);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['nowhere', 'http://['],
    ['a file', 'file:///etc/passwd'],
    ['another server', 'http://127.0.0.2:9/next'],
  ])('that goes on at %s is refused', async (_what, address) => {
    answer = (_, response) => json(response, [file('config.json')], { link: `<${address}>; rel="next"` });
    await expect(hub.listFiles('made/model', commit)).rejects.toMatchObject(expected);
  });

  it('without an end is given up', async () => {
    answer = (request, response) => json(response, [], { link: `<${request.url}>; rel="next"` });
    await expect(hub.listFiles('made/model', commit)).rejects.toMatchObject(expected);
  });

  it.each([
    ['nested without end', Buffer.from('['.repeat(200_000))],
    ['nested and closed', Buffer.from('['.repeat(100_000) + ']'.repeat(100_000))],
    ['no JSON', Buffer.from('<html>')],
    ['packed though nobody asked', gzipSync('[]')],
    ['an object', Buffer.from('{"__proto__":{"path":"x"}}')],
  ])('that is %s is refused', async (_what, body) => {
    answer = (_, response) => void response.writeHead(200).end(body);
    await expect(hub.listFiles('made/model', commit)).rejects.toMatchObject(expected);
  });
});

describe('a redirect', () => {
  it.each([
    'file:///etc/passwd',
    'ftp://127.0.0.1/x',
    'javascript:alert(1)',
    'data:,x',
    'http://[',
    'http://127.0.0.1:1/refused',
  ])('to %s is refused', async (location) => {
    answer = (request, response) => {
      if (request.url?.includes('/tree/')) json(response, [file('config.json')]);
      else response.writeHead(302, { location }).end();
    };
    await expect(hub.readSmall('made/model', commit, 'config.json')).rejects.toMatchObject(expected);
  });

  it('takes no token to another server', async () => {
    const seen: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(200).end('{}');
    });
    await listening(other);
    const location = `${addressOf(other)}/stolen`;
    answer = (request, response) => {
      if (request.url?.includes('/tree/')) json(response, [file('config.json', 2)]);
      else response.writeHead(302, { location }).end();
    };
    await expect(hub.readSmall('made/model', commit, 'config.json')).rejects.toMatchObject({
      code: 'wrong_content',
    });
    await closed(other);
    expect(authorizations.every((value) => value === 'Bearer secret')).toBe(true);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((value) => value === undefined)).toBe(true);
  });
});

describe('an answer', () => {
  const given = (give: (response: ServerResponse) => void): void => {
    answer = (request, response) => {
      if (request.url?.includes('/tree/')) json(response, [file('config.json')]);
      else give(response);
    };
  };

  it.each<[string, (response: ServerResponse) => void]>([
    ['headers without end', (r) => void r.writeHead(200, { 'x-long': 'x'.repeat(200_000) }).end('abcd')],
    ['a wrong length', (r) => void r.writeHead(200, { 'content-length': '9007199254740993' }).end('abcd')],
    ['more than was listed', (r) => void r.writeHead(200).end(Buffer.alloc(5_000_000))],
    ['less than was listed', (r) => void r.writeHead(200).end('ab')],
    [
      'a piece that nobody asked for',
      (r) => void r.writeHead(206, { 'content-range': 'bytes 7-9/4' }).end('ab'),
    ],
    [
      'a piece of a length beyond 2^53',
      (r) => void r.writeHead(206, { 'content-range': 'bytes 0-3/99999999999999999999' }).end('abcd'),
    ],
    ['an odd status', (r) => void r.writeHead(299).end('abcd')],
    [
      'an error with an odd code',
      (r) => void r.writeHead(404, { 'x-error-code': 'GatedRepo<script>' }).end(),
    ],
    ['waiting for ever', (r) => void r.writeHead(429, { 'retry-after': '1e308' }).end()],
    ['an identity that is a path', (r) => void r.writeHead(200, { etag: '"../../x"' }).end('abcd')],
    ['silence', () => {}],
    ['no head at all', (r) => void r.socket?.end('garbage\r\n\r\n')],
  ])('with %s is an expected error, and nothing of it is kept', async (_what, give) => {
    given(give);
    await expect(hub.readSmall('made/model', commit, 'config.json')).rejects.toMatchObject(expected);
    const left = await readdir(join(folder, 'cache'), { recursive: true, withFileTypes: true });
    const names = left.filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(names.filter((name) => !/CACHEDIR\.TAG|\.json$|\.merv\.(incomplete|journal)$/.test(name))).toEqual(
      [],
    );
    expect(names).not.toContain('config.json');
  });
});

it('a search for half a character is a search', async () => {
  answer = (_, response) => json(response, []);
  expect(await hub.search('a\ud800', 5)).toEqual([]);
});
