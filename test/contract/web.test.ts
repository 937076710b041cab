import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startEngine } from '../../engine/doors/start-engine.ts';
import { serveWeb, type WebDoor } from '../../engine/doors/websocket.ts';
import { openFolders } from '../../engine/store/folders.ts';
import { clientOf, openSocket } from './support/doors.ts';
import { type Media, makeMedia } from './support/media.ts';
import { scriptedAnswerer } from './support/scripted-answerer.ts';

const mebibyte = 2 ** 20;
let media: Media;
let home: string;
let uploads: string;
let door: WebDoor;
let engine: ReturnType<typeof startEngine>;
let cookie: string;
let videoId: string;
let free: number | null = null;

beforeAll(async () => {
  media = makeMedia();
  home = mkdtempSync(join(tmpdir(), 'merv web '));
  const folders = openFolders(home);
  uploads = folders.uploads;
  const rendererFolder = join(home, 'renderer');
  mkdirSync(join(rendererFolder, 'assets'), { recursive: true });
  writeFileSync(join(rendererFolder, 'index.html'), '<!doctype html><title>MERV</title>');
  writeFileSync(join(rendererFolder, 'assets', 'app-1a2b.js'), 'export {};');
  engine = startEngine({
    folders,
    keepHistory: true,
    runs: 'all',
    mayOpen: (path) => path === media.clip,
    answererFor: scriptedAnswerer,
  });
  door = await serveWeb({
    engine,
    rendererFolder,
    uploadsFolder: uploads,
    host: '127.0.0.1',
    port: 0,
    token: null,
    freeBytes: async () => free,
  });
  cookie =
    (await send('/', { path: new URL(door.address).search })).headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  const socket = await openSocket(door.address);
  videoId = (await clientOf(socket).video.open({ path: media.clip })).id;
  socket.close();
});
afterAll(async () => {
  await door.close();
  await engine.close();
  media.remove();
  rmSync(home, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

/** Not fetch: it would tidy the path, forbid Host and Origin, and follow redirects. */
function send(
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly body?: Buffer;
    /** Added to the path. */
    readonly path?: string;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: door.port,
        path: `${path}${options.path ?? ''}`,
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(options.body);
  });
}
const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  send(path, { headers: { cookie, ...headers } });

describe('the page', () => {
  it('comes with strict headers, once the token became a cookie', async () => {
    expect((await send('/')).status).toBe(401);
    const login = await send('/', { path: new URL(door.address).search });
    expect([login.status, login.headers.location]).toEqual([303, '/']);
    expect(login.headers['set-cookie']?.[0]).toMatch(/; HttpOnly; SameSite=Strict/);
    expect(login.headers['referrer-policy']).toBe('no-referrer');
    const page = await get('/');
    expect([page.status, page.body.toString()]).toEqual([200, '<!doctype html><title>MERV</title>']);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("object-src 'none'");
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${door.port}`);
    expect(page.headers['x-content-type-options']).toBe('nosniff');
    const script = await get('/assets/app-1a2b.js');
    expect(script.headers['content-type']).toContain('text/javascript');
    expect(script.headers['cache-control']).toContain('immutable');
  });

  it('is not for other hosts, other pages or the wrong token, whatever is asked for', async () => {
    for (const path of ['/', '/assets/app-1a2b.js', `/media/${videoId}`, '/upload?name=a']) {
      const method = path.startsWith('/upload') ? 'POST' : 'GET';
      const as = async (headers: Record<string, string>) => (await send(path, { method, headers })).status;
      expect(await as({})).toBe(401);
      expect(await as({ cookie: cookie.replace(/.$/, '') })).toBe(401);
      expect(await as({ cookie, host: 'evil.example' })).toBe(403);
      expect(await as({ cookie, origin: 'http://evil.example' })).toBe(403);
      expect(await as({ cookie, origin: 'null' })).toBe(403);
    }
    expect(readdirSync(uploads)).toEqual([]);
  });

  it.each([
    '/../studio.db',
    '/..%2fstudio.db',
    '/%2e%2e/studio.db',
    '/assets/../../studio.db',
    '//etc/passwd',
    '/%00',
    '/%zz',
    '/media/..%2f..%2fstudio.db',
    '/media/%zz',
    `/media/${'a'.repeat(5000)}`,
  ])('does not lead out by %s', async (path) => {
    const { status, body } = await get(path);
    expect([400, 404]).toContain(status);
    expect(body.toString()).not.toMatch(/root:|SQLite/);
  });

  it('answers only to what it knows', async () => {
    expect((await send('/', { method: 'DELETE', headers: { cookie } })).status).toBe(405);
    expect((await get('/upload')).status).toBe(405);
    expect((await get('/nothing')).status).toBe(404);
    const head = await send('/', { method: 'HEAD', headers: { cookie } });
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '34', 0]);
  });

  it('survives what is no HTTP', async () => {
    const raw = (text: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(door.port, '127.0.0.1', () => socket.end(text));
        let answer = '';
        socket.on('data', (chunk) => {
          answer += chunk;
        });
        socket.on('error', () => resolve(answer));
        socket.on('close', () => resolve(answer));
      });
    expect(await raw('nonsense\r\n\r\n')).toContain('400');
    expect(await raw('GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 4/);
    expect(
      await raw(`GET http://[ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: ${cookie}\r\n\r\n`),
    ).toMatch(/ 4\d\d /);
    await raw(
      `POST /upload?name=x HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\nContent-Length: 100\r\n\r\nabc`,
    );
    expect((await get('/')).status).toBe(200);
  });
});

describe('media', () => {
  const range = (value: string, headers: Record<string, string> = {}) =>
    get(`/media/${videoId}`, { range: value, ...headers });

  it('comes whole and in ranges', async () => {
    const file = readFileSync(media.clip);
    const size = file.length;
    const whole = await get(`/media/${videoId}`);
    expect([whole.status, whole.headers['content-type'], whole.headers['accept-ranges']]).toEqual([
      200,
      'video/mp4',
      'bytes',
    ]);
    expect(whole.body.equals(file)).toBe(true);

    const part = await range('bytes=10-19');
    expect([part.status, part.headers['content-range']]).toEqual([206, `bytes 10-19/${size}`]);
    expect(part.body.equals(file.subarray(10, 20))).toBe(true);
    const suffix = await range('bytes=-7');
    expect([suffix.status, suffix.body.equals(file.subarray(-7))]).toEqual([206, true]);
    const open = await range(`bytes=${size - 3}-`);
    expect([open.status, open.body.length]).toEqual([206, 3]);
    const beyond = await range(`bytes=${size}-`);
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, `bytes */${size}`]);

    const tag = String(whole.headers.etag);
    expect((await range('bytes=0-1', { 'if-range': tag })).status).toBe(206);
    expect((await range('bytes=0-1', { 'if-range': '"other"' })).status).toBe(200);
  });

  it('is only what the user opened, and never a page', async () => {
    expect((await get('/media/unknown')).status).toBe(404);
    expect((await get(`/media/${encodeURIComponent(media.text)}`)).status).toBe(404);
    expect((await get(`/media/${videoId}`)).headers['content-security-policy']).toContain('sandbox');
  });
});

describe('an upload', () => {
  const upload = (name: string, body: Buffer, headers: Record<string, string> = {}) =>
    send(`/upload?name=${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: {
        cookie,
        origin: `http://127.0.0.1:${door.port}`,
        host: `127.0.0.1:${door.port}`,
        ...headers,
      },
      body,
    });

  it('is kept below the uploads folder under a safe name', async () => {
    free = null;
    const body = readFileSync(media.clip);
    const { status, body: answer } = await upload('../../evil/../my clip.mp4', body);
    const { path } = JSON.parse(answer.toString());
    expect(status).toBe(201);
    expect(path).toMatch(/\/uploads\/[0-9a-f-]{36}\/my clip\.mp4$/);
    expect(path.startsWith(uploads)).toBe(true);
    expect(readFileSync(path).equals(body)).toBe(true);
  });

  it('ends where the disk is full, announced or not, and leaves nothing', async () => {
    const before = readdirSync(uploads);
    free = 512 * mebibyte + 1000;
    const announced = await upload('a.mp4', Buffer.alloc(2000));
    expect([announced.status, JSON.parse(announced.body.toString()).code]).toEqual([507, 'disk_full']);
    const streamed = await upload('b.mp4', Buffer.alloc(mebibyte), { 'transfer-encoding': 'chunked' }).catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    // The server may hang up before all is sent: the client then sees that instead of the answer.
    if (typeof streamed === 'object') expect(streamed.status).toBe(507);
    else expect(['ECONNRESET', 'EPIPE']).toContain(streamed);
    expect((await upload('c.mp4', Buffer.alloc(1000))).status).toBe(201);
    free = null;
    expect((await upload('d.mp4', Buffer.alloc(0))).status).toBe(400);
    expect(readdirSync(uploads)).toHaveLength(before.length + 1);
  });

  it('that is cut off leaves nothing', async () => {
    const before = readdirSync(uploads).length;
    await new Promise<void>((resolve) => {
      const sent = request({
        host: '127.0.0.1',
        port: door.port,
        path: '/upload?name=x.mp4',
        method: 'POST',
        headers: { cookie, 'content-length': '100000' },
      });
      sent.on('error', () => resolve());
      sent.write(Buffer.alloc(1000), () => setTimeout(() => sent.destroy(), 100));
    });
    for (let tries = 0; tries < 50 && readdirSync(uploads).length > before; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(readdirSync(uploads)).toHaveLength(before);
  });

  it('can then be opened; nothing else of the machine can', async () => {
    expect(existsSync('/etc/passwd')).toBe(true);
    const socket = await openSocket(door.address);
    const client = clientOf(socket);
    await expect(client.video.open({ path: '/etc/passwd' })).rejects.toMatchObject({
      data: { code: 'not_allowed' },
    });
    socket.close();
  });
});

describe('the socket', () => {
  const knock = (path: string, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${door.port}${path}`, { headers });
      socket.on('open', () => {
        socket.close();
        resolve(101);
      });
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
      socket.on('error', reject);
    });

  it('opens for a page of this server with the cookie only', async () => {
    const origin = `http://127.0.0.1:${door.port}`;
    expect(await knock('/rpc', { cookie, origin })).toBe(101);
    expect(await knock('/rpc', { cookie })).toBe(101);
    expect(await knock('/rpc', { origin })).toBe(401);
    expect(await knock('/rpc', { cookie, origin: 'http://evil.example' })).toBe(403);
    expect(await knock('/rpc', { cookie, origin, host: 'evil.example' })).toBe(403);
    expect(await knock('/else', { cookie, origin })).toBe(404);
  });

  it('goes on after messages that mean nothing', async () => {
    const socket = await openSocket(door.address);
    const log = console.error;
    console.error = () => {};
    socket.send('nonsense');
    socket.send('{"i":1}');
    socket.send(Buffer.from([1, 2, 3]));
    socket.send(JSON.stringify({ i: 1, p: { u: '/constructor/prototype', b: {} } }));
    expect((await clientOf(socket).system.info()).version).not.toBe('');
    console.error = log;
    socket.close();
  });

  it('ends with a message that is too large, and serves others', async () => {
    const socket = await openSocket(door.address);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.send('x'.repeat(5 * mebibyte));
    await closed;
    expect((await get('/')).status).toBe(200);
  });
});

it('a port in use is an expected error', async () => {
  const again = serveWeb({
    engine,
    rendererFolder: home,
    uploadsFolder: uploads,
    host: '127.0.0.1',
    port: door.port,
    token: null,
  });
  await expect(again).rejects.toMatchObject({
    code: 'busy',
    message: expect.stringContaining(String(door.port)),
  });
});
