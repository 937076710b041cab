import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActivity } from '../../../engine/hub/http/activity.ts';
import { retryAfter } from '../../../engine/hub/http/failure.ts';
import { createHttp } from '../../../engine/hub/http/http.ts';
import { proxyFor } from '../../../engine/hub/http/proxy.ts';
import { madeBytes } from '../../support/fake-hub/repos.ts';
import { type Workplace, workplace } from './support/workplace.ts';

const repo = 'made/model';
const weights = madeBytes(3_000_000, 9);
const secret = 'hf_secretsecret';

let here: Workplace;
beforeEach(async () => {
  here = await workplace({
    repos: [{ id: repo, private: true, files: { 'config.json': Buffer.from('{}'), 'model.bin': weights } }],
    tokens: { [secret]: [repo] },
  });
  here.setToken(secret);
});
afterEach(() => here.close());

describe('the token', () => {
  it('goes to the hub only, and neither it nor a signature is in the activity list', async () => {
    const { commit, files } = await here.hub.listFiles(repo, 'main');
    await here.hub.download(repo, commit, files);
    const authorised = (server: string): readonly (string | null)[] =>
      here.fake.requests.filter((seen) => seen.server === server).map((seen) => seen.authorization);
    expect(new Set(authorised('hub'))).toEqual(new Set([`Bearer ${secret}`]));
    expect(new Set(authorised('cdn'))).toEqual(new Set([null]));
    const listed = JSON.stringify(here.activity.list());
    expect(listed).not.toContain(secret);
    expect(listed).not.toMatch(/Signature=[0-9a-f]/);
    expect(listed).toContain('X-Amz-Signature=…');
  });
});

describe('the activity list', () => {
  it('has every request: why, what came, how much', async () => {
    const { commit, files } = await here.hub.listFiles(repo, 'main');
    await here.hub.download(repo, commit, files);
    await here.hub.search('merv', 5);
    here.fake.fail({ what: { kind: 'status', status: 404 } });
    await expect(here.hub.listFiles('made/other', null)).rejects.toMatchObject({ code: 'not_found' });
    const rows = here.activity.list();
    expect(rows.length).toBe(here.fake.requests.length);
    expect(rows[0]).toMatchObject({ purpose: 'Looking at made/other', status: 404, method: 'GET' });
    expect(rows[0]?.error).toMatch(/does not have/);
    expect(rows[1]).toMatchObject({ purpose: 'Searching for merv', status: 200, error: null });
    const body = rows.find(({ url }) => url.startsWith(here.fake.cdn));
    expect(body).toMatchObject({ receivedBytes: weights.byteLength, error: null });
    expect(rows.map(({ number }) => number)).toEqual(rows.map((_, at) => rows.length - at));
  });

  it('does not call a piece of a file that was read to its end a failure', async () => {
    const { commit } = await here.hub.listFiles(repo, 'main');
    await here.hub.readRange(repo, commit, 'model.bin', 10, 1000);
    const piece = here.activity.list().find(({ status }) => status === 206);
    expect(piece).toMatchObject({ error: null });
    expect(piece?.receivedBytes).toBeLessThan(weights.byteLength);
  });

  it('keeps the last 500 and goes on counting from what was kept', () => {
    const kept: number[] = [];
    const list = createActivity([], (row) => kept.push(row.number));
    const url = new URL('http://user:password@host/path?token=abc&search=x');
    for (let at = 0; at < 600; at++) list.begin({ method: 'GET', url, purpose: 'Testing' }).ended(null);
    expect(list.list().length).toBe(500);
    expect(list.list()[0]).toMatchObject({ number: 600, url: 'http://host/path?token=…&search=x' });
    expect(kept.length).toBe(1200);
    const again = createActivity(list.list());
    again.begin({ method: 'GET', url, purpose: 'Testing' });
    expect(again.list()[0]?.number).toBe(601);
  });
});

describe('offline mode', () => {
  it('sends nothing, and what was begun goes on later', async () => {
    const { commit, files } = await here.hub.listFiles(repo, 'main');
    here.settings.offline = true;
    here.fake.forgetRequests();
    await expect(here.hub.search('x', 3)).rejects.toMatchObject({ code: 'offline' });
    await expect(here.restart().listFiles(repo, 'main')).rejects.toMatchObject({ code: 'offline' });
    await expect(here.hub.download(repo, commit, files)).rejects.toMatchObject({ code: 'offline' });
    expect(here.fake.requests).toEqual([]);
    here.settings.offline = false;
    await here.hub.download(repo, commit, files);
  });
});

describe('the bandwidth limit', () => {
  it('holds for all transfers together, and a change takes effect while they run', async () => {
    const { commit, files } = await here.hub.listFiles(repo, 'main');
    here.settings.bandwidth = 500_000;
    // The setting is looked up ten times a second.
    await new Promise((resolve) => setTimeout(resolve, 150));
    const began = performance.now();
    let freed = 0;
    setTimeout(() => {
      here.settings.bandwidth = null;
      freed = performance.now();
    }, 1500);
    let atLimit = 0;
    await here.hub.download(repo, commit, files, {
      onProgress: ({ doneBytes }) => {
        if (freed === 0) atLimit = doneBytes;
      },
    });
    // A second and a half at half a megabyte a second, and what may pass at once.
    expect(atLimit).toBeLessThan(1_200_000);
    expect(atLimit).toBeGreaterThan(200_000);
    expect(performance.now() - began).toBeLessThan(4500);
  });
});

describe('a proxy', () => {
  let proxy: Server;
  let through: string[];
  beforeEach(async () => {
    through = [];
    proxy = createServer((asked, answer) => {
      through.push(`${asked.url} ${asked.headers['proxy-authorization'] ?? ''}`);
      if (!asked.headers['proxy-authorization']) {
        answer.writeHead(407).end();
        return;
      }
      const sent = httpRequest(asked.url ?? '', { headers: asked.headers }, (message) => {
        answer.writeHead(message.statusCode ?? 0, message.headers);
        message.pipe(answer);
      });
      sent.end();
    });
    proxy.on('connect', (asked, socket) => {
      through.push(`CONNECT ${asked.url}`);
      const { port, hostname } = new URL(`http://${asked.url}`);
      const out = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        out.pipe(socket);
        socket.pipe(out);
      });
      out.on('error', () => socket.destroy());
      socket.on('error', () => out.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => proxy.close());
  const port = (): number => (proxy.address() as AddressInfo).port;

  it('is used for every request, with its user and password', async () => {
    here.settings.proxy = `http://me:word@127.0.0.1:${port()}`;
    const { commit, files } = await here.hub.listFiles(repo, 'main');
    await here.hub.download(repo, commit, files);
    expect(through.length).toBe(here.fake.requests.length);
    const basic = Buffer.from('me:word').toString('base64');
    expect(through.every((line) => line.endsWith(`Basic ${basic}`))).toBe(true);
    expect(JSON.stringify(here.activity.list())).not.toContain('word');
  });

  it('that wants a password is a sentence, and one that is not there too', async () => {
    here.settings.proxy = `http://127.0.0.1:${port()}`;
    await expect(here.hub.search('x', 3)).rejects.toMatchObject({ code: 'network', message: /password/ });
    here.settings.proxy = 'http://127.0.0.1:9';
    await expect(here.hub.search('x', 3)).rejects.toMatchObject({ code: 'network' });
    here.settings.proxy = 'socks5://127.0.0.1:9';
    await expect(here.hub.search('x', 3)).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('makes a tunnel for https', async () => {
    here.settings.proxy = `http://127.0.0.1:${port()}`;
    const url = here.fake.endpoint.replace('http:', 'https:');
    const asking = { url, purpose: 'Testing', subject: 'the page', page: null, token: null };
    // The other end speaks no TLS: that the tunnel was asked for is what matters.
    await expect(here.http.send(asking)).rejects.toMatchObject({ code: 'network' });
    expect(through).toEqual([`CONNECT ${new URL(url).host}`]);
  });

  it.each([
    ['https://huggingface.co/x', null, { HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
    ['https://huggingface.co/x', null, { https_proxy: 'p:1' }, 'http://p:1'],
    ['http://huggingface.co/x', null, { HTTPS_PROXY: 'http://p:1' }, null],
    ['https://huggingface.co/x', null, { ALL_PROXY: 'http://p:1', NO_PROXY: 'x, .huggingface.co' }, null],
    ['https://cdn.huggingface.co/x', null, { ALL_PROXY: 'http://p:1', NO_PROXY: 'huggingface.co:443' }, null],
    [
      'https://cdn.huggingface.co/x',
      null,
      { ALL_PROXY: 'http://p:1', no_proxy: 'huggingface.co:80' },
      'http://p:1',
    ],
    ['https://huggingface.co/x', 'http://q:2', { HTTPS_PROXY: 'http://p:1' }, 'http://q:2'],
    ['https://huggingface.co/x', 'http://q:2', { NO_PROXY: '*' }, null],
    ['http://127.0.0.1:80/x', null, { HTTP_PROXY: 'http://p:1' }, null],
    ['http://notlocalhost/x', null, { HTTP_PROXY: 'http://p:1', NO_PROXY: 'localhost' }, 'http://p:1'],
  ])('%s with the setting %s and %o: %s', (url, setting, env, proxied) => {
    expect(proxyFor(new URL(url), setting, env)).toBe(proxied);
  });
});

describe('answers that are none', () => {
  it.each([
    ['a name nobody knows', 'http://nowhere.invalid/', /is not known here/],
    ['a closed port', 'http://127.0.0.1:9/', /refuses the connection/],
  ])('%s', async (_, url, sentence) => {
    const asking = { url, purpose: 'Testing', subject: 'The page', page: null, token: null };
    await expect(here.http.send(asking)).rejects.toMatchObject({ code: 'network', message: sentence });
    expect(here.activity.list()[0]).toMatchObject({ status: null, error: sentence });
  });

  it('a login page instead of the API', async () => {
    here.fake.fail({ what: { kind: 'login-page' } });
    await expect(here.hub.search('x', 3)).rejects.toMatchObject({
      code: 'network',
      remedy: expect.stringMatching(/log in/),
    });
  });

  it('a certificate that is not trusted says so and is not tried again', async () => {
    const settings = { offline: false, proxy: null, bandwidth: null };
    const http = createHttp({
      settings: () => settings,
      activity: createActivity(),
      env: {},
      silenceMs: 1000,
    });
    const asking = {
      url: here.fake.endpoint.replace('http:', 'https:'),
      purpose: 'Testing',
      subject: 'It',
      page: null,
      token: null,
    };
    const error = await http.send(asking).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'network', cause: { name: 'HttpFailure', retryable: false } });
    http.close();
  });

  it('an abort is told as such, at once', async () => {
    here.fake.fail({ what: { kind: 'silent' } });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 30);
    await expect(here.hub.search('x', 3, stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('Retry-After', () => {
  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:01:40 GMT' }, 40_000],
    [{ ratelimit: '"api";r=0;t=55' }, 55_000],
    [{ ratelimit: '"api";r=12;t=55' }, null],
    [{}, null],
  ])('%o is %s ms', (headers, ms) => {
    expect(retryAfter(headers, 60_000)).toBe(ms);
  });
});
