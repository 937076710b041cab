import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HubFile } from '../../../engine/hub/huggingface/file.ts';
import type { Fault } from '../../support/fake-hub/faults.ts';
import { madeBytes } from '../../support/fake-hub/repos.ts';
import { type Workplace, workplace } from './support/workplace.ts';

const repo = 'made/model';
const weights = madeBytes(18_000_001, 3);
const second = madeBytes(9_000_000, 4);
const config = Buffer.from('{"model_type":"made"}\n');

let here: Workplace;
let commit: string;
let files: readonly HubFile[];

beforeEach(async () => {
  here = await workplace({
    repos: [
      {
        id: repo,
        files: {
          'config.json': config,
          'model.safetensors': weights,
          'shards/second.safetensors': second,
          empty: Buffer.alloc(0),
        },
      },
    ],
  });
  const listing = await here.hub.listFiles(repo, null);
  commit = listing.commit;
  files = listing.files;
});
afterEach(() => here.close());

const named = (path: string): HubFile => files.find((file) => file.path === path) as HubFile;
const big = () => named('model.safetensors');

async function fetchBig(notes: string[] = []): Promise<Buffer> {
  const found = await here.hub.download(repo, commit, [big()], { onNote: (note) => notes.push(note) });
  return readFile(found.get('model.safetensors') as string);
}

const unfinished = async (): Promise<readonly string[]> =>
  (await here.files()).filter((path) => /merv|partial|incomplete/.test(path));

describe('a download', () => {
  it('makes the layout that Hugging Face tools share, and nothing else', async () => {
    const found = await here.hub.download(repo, commit, files);
    const folder = 'models--made--model';
    const blobs = files.map(({ oid, sha256 }) => `${folder}/blobs/${sha256 ?? oid}`);
    const shown = files.map(({ path }) => `${folder}/snapshots/${commit}/${path}`);
    expect(await here.files()).toEqual(
      ['CACHEDIR.TAG', ...blobs, ...shown, `${folder}/refs/main`, `${folder}/trees/${commit}.json`].sort(),
    );
    expect(await readFile(join(here.cache, folder, 'refs', 'main'), 'utf8')).toBe(commit);
    for (const { path, sha256, oid } of files) {
      const at = found.get(path) as string;
      expect(at).toBe(join(here.cache, folder, 'snapshots', commit, path));
      expect(await realpath(at)).toBe(join(await realpath(here.cache), folder, 'blobs', sha256 ?? oid));
    }
    const shard = await readFile(found.get('shards/second.safetensors') as string);
    expect(shard.equals(second)).toBe(true);
    expect(createHash('sha256').update(weights).digest('hex')).toBe(big().sha256);
  });

  it('fetches a large file in several ranges at once, and its address once', async () => {
    expect((await fetchBig()).equals(weights)).toBe(true);
    const resolves = here.fake.requests.filter(({ url }) => url.includes('/resolve/'));
    const ranges = here.fake.requests.filter(({ server }) => server === 'cdn').map(({ range }) => range);
    expect(ranges.length).toBe(4);
    expect(new Set(ranges).size).toBe(4);
    expect(resolves.length).toBeLessThanOrEqual(4);
  });

  it('is not sent twice: what is cached is used', async () => {
    await here.hub.download(repo, commit, files);
    here.fake.forgetRequests();
    await here.hub.download(repo, commit, files);
    await here.restart().download(repo, commit, files);
    expect(here.fake.requests).toEqual([]);
  });

  it('tells how far it is, ends at its total, and counts bytes a second', async () => {
    const seen: { done: number; speed: number }[] = [];
    await here.hub.download(repo, commit, files, {
      onProgress: ({ doneBytes, bytesPerSecond }) => seen.push({ done: doneBytes, speed: bytesPerSecond }),
    });
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(seen.at(-1)?.done).toBe(total);
    expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).sort((a, b) => a - b));
    expect(seen.at(-1)?.speed).toBeGreaterThan(1e6);
  });

  it('makes files where links are not wanted', async () => {
    const plain = await workplace({
      repos: [{ id: repo, files: { 'model.safetensors': second } }],
      symlinks: false,
    });
    try {
      const listing = await plain.hub.listFiles(repo, 'main');
      const found = await plain.hub.download(repo, listing.commit, listing.files);
      const at = found.get('model.safetensors') as string;
      expect(await realpath(at)).toBe(join(await realpath(dirname(at)), 'model.safetensors'));
      expect((await readFile(at)).equals(second)).toBe(true);
      expect(await plain.restart().cachedPath(repo, listing.commit, 'model.safetensors')).toBe(at);
    } finally {
      await plain.close();
    }
  });
});

describe('what goes wrong and passes', () => {
  const cases: readonly (readonly [string, Fault, RegExp | null])[] = [
    [
      'a cut connection',
      { path: 'model.safetensors', server: 'cdn', count: 3, what: { kind: 'cut', afterBytes: 700_000 } },
      /cut/,
    ],
    [
      'HTTP 503',
      { path: 'model.safetensors', server: 'cdn', count: 3, what: { kind: 'status', status: 503 } },
      /503/,
    ],
    [
      'HTTP 429',
      {
        path: 'model.safetensors',
        count: 2,
        what: { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
      },
      /no more requests/,
    ],
    [
      'silence',
      { path: 'model.safetensors', server: 'cdn', count: 2, what: { kind: 'silent' } },
      /does not answer/,
    ],
    [
      'an address that ran out',
      { path: 'model.safetensors', server: 'cdn', skip: 1, count: 1, what: { kind: 'status', status: 403 } },
      null,
    ],
    [
      'an ETag that changes',
      { path: 'model.safetensors', server: 'hub', count: 1, what: { kind: 'etag', etag: 'f'.repeat(64) } },
      /changed while/,
    ],
    [
      'a wrong body',
      { path: 'model.safetensors', server: 'cdn', count: 4, what: { kind: 'wrong-body' } },
      /another content/,
    ],
    [
      'a truncated body',
      { path: 'model.safetensors', server: 'cdn', count: 1, what: { kind: 'truncated', bytes: 9_000_000 } },
      /another length/,
    ],
    [
      'a server that ignores ranges',
      { path: 'model.safetensors', server: 'cdn', what: { kind: 'no-range' } },
      /as a whole/,
    ],
  ];
  it.each(cases)('%s: the file is whole, and a note says what was done', async (_, fault, note) => {
    here.fake.fail(fault);
    const notes: string[] = [];
    expect((await fetchBig(notes)).equals(weights)).toBe(true);
    if (note !== null) expect(notes.join('\n')).toMatch(note);
    expect(await unfinished()).toEqual([]);
  });
});

describe('what goes wrong and stays', () => {
  const cases: readonly (readonly [string, string, Fault['what'], RegExp])[] = [
    ['401', 'unauthorised', { kind: 'status', status: 401 }, /model\.safetensors of made\/model/],
    ['403', 'unauthorised', { kind: 'status', status: 403 }, /does not give access/],
    [
      '403 of a gate',
      'gated',
      { kind: 'status', status: 403, headers: { 'x-error-code': 'GatedRepo' } },
      /conditions/,
    ],
    [
      '404',
      'not_found',
      { kind: 'status', status: 404, headers: { 'x-error-code': 'EntryNotFound' } },
      /does not have/,
    ],
    ['416', 'wrong_content', { kind: 'status', status: 416 }, /shorter/],
    ['429', 'rate_limited', { kind: 'status', status: 429 }, /no more requests/],
    ['500', 'network', { kind: 'status', status: 500 }, /HTTP 500/],
    ['a cut at the first byte', 'network', { kind: 'cut', afterBytes: 0 }, /cut/],
    ['silence', 'network', { kind: 'silent' }, /does not answer/],
    ['a wrong body', 'wrong_content', { kind: 'wrong-body' }, /twice/],
    ['a truncated body', 'wrong_content', { kind: 'truncated', bytes: 17_000_000 }, /length|shorter/],
    ['another ETag', 'wrong_content', { kind: 'etag', etag: 'e'.repeat(64) }, /not the content/],
    [
      'a redirect in circles',
      'network',
      { kind: 'redirect', to: '/made/model/resolve/x/model.safetensors' },
      /circles/,
    ],
    [
      'a redirect to plain text of another kind',
      'network',
      { kind: 'redirect', to: 'ftp://nowhere/x' },
      /not secure/,
    ],
  ];
  it.each(cases)('%s is %s, in a sentence, and the other file is kept', async (_, code, what, sentence) => {
    await here.hub.download(repo, commit, [named('shards/second.safetensors')]);
    const atCdn = ['cut', 'wrong-body', 'truncated'].includes(what.kind);
    here.fake.fail({ path: 'model.safetensors', server: atCdn ? 'cdn' : 'hub', what });
    const error = await here.hub.download(repo, commit, files).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name: 'ExpectedError', code });
    expect((error as Error).message).toMatch(sentence);
    here.fake.fail();
    here.fake.forgetRequests();
    expect((await fetchBig()).equals(weights)).toBe(true);
    expect(here.fake.requests.some(({ url }) => url.includes('second'))).toBe(false);
    await here.hub.download(repo, commit, files);
    expect(await unfinished()).toEqual([]);
  });
});

describe('pause and restart', () => {
  it('goes on where an abort stopped it', async () => {
    here.settings.bandwidth = 20_000_000;
    const stop = new AbortController();
    const fetched = here.hub.download(repo, commit, [big()], {
      signal: stop.signal,
      onProgress: ({ doneBytes }) => doneBytes > 6_000_000 && stop.abort(),
    });
    await expect(fetched).rejects.toMatchObject({ code: 'cancelled' });
    expect((await unfinished()).length).toBe(2);
    here.settings.bandwidth = null;
    here.fake.forgetRequests();
    const progress: number[] = [];
    await here.restart().download(repo, commit, [big()], {
      onProgress: ({ doneBytes }) => progress.push(doneBytes),
    });
    expect(progress[0]).toBeGreaterThan(6_000_000 - 1);
    const asked = here.fake.requests
      .filter(({ server }) => server === 'cdn')
      .map(({ range }) => /bytes=(\d+)-(\d+)/.exec(range ?? ''))
      .reduce((sum, match) => sum + Number(match?.[2]) - Number(match?.[1]) + 1, 0);
    expect(asked).toBeLessThan(12_100_000);
    expect((await fetchBig()).equals(weights)).toBe(true);
    expect(await unfinished()).toEqual([]);
  });

  it('keeps what a failure left, and drops it where the content is another one meanwhile', async () => {
    here.fake.fail(
      { server: 'cdn', skip: 4, what: { kind: 'status', status: 500 } },
      { server: 'cdn', count: 4, what: { kind: 'cut', afterBytes: 1_000_000 } },
    );
    await expect(fetchBig()).rejects.toMatchObject({ code: 'network' });
    expect((await unfinished()).length).toBe(2);
    here.fake.fail({
      path: 'model.safetensors',
      server: 'hub',
      count: 1,
      what: { kind: 'etag', etag: 'd'.repeat(64) },
    });
    const notes: string[] = [];
    expect((await fetchBig(notes)).equals(weights)).toBe(true);
    expect(notes.join(' ')).toMatch(/what was there is dropped/);
  });

  it('removes what is unfinished when it is not wanted any more', async () => {
    here.fake.fail(
      { server: 'cdn', what: { kind: 'cut', afterBytes: 1_000_000 } },
      { server: 'cdn', skip: 6, what: { kind: 'status', status: 404 } },
    );
    await expect(fetchBig()).rejects.toMatchObject({ name: 'ExpectedError' });
    await here.hub.discard(repo, files);
    expect(await unfinished()).toEqual([]);
  });

  it('does not trust a journal whose file is gone or torn', async () => {
    here.fake.fail(
      { server: 'cdn', skip: 4, what: { kind: 'status', status: 500 } },
      { server: 'cdn', count: 4, what: { kind: 'cut', afterBytes: 2_000_000 } },
    );
    await expect(fetchBig()).rejects.toMatchObject({ code: 'network' });
    here.fake.fail();
    const [incomplete, journal] = (await unfinished()).map((path) => join(here.cache, path)) as [
      string,
      string,
    ];
    await writeFile(journal, `${await readFile(journal, 'utf8')}[0,`);
    await rm(incomplete);
    expect((await fetchBig()).equals(weights)).toBe(true);
  });
});

describe('the same content wanted twice', () => {
  it('is fetched once by two jobs of one process', async () => {
    const [first, again] = await Promise.all([
      here.hub.download(repo, commit, [big()]),
      here.restart().download(repo, commit, [big()]),
    ]);
    expect(first).toEqual(again);
    expect(here.fake.requests.filter(({ server }) => server === 'cdn').length).toBe(4);
    expect(await unfinished()).toEqual([]);
  });

  it('passes a lock of a process that is gone', async () => {
    const lock = join(here.cache, '.locks', 'models--made--model', `${big().sha256}.merv.lock`);
    await mkdir(dirname(lock), { recursive: true });
    await writeFile(
      lock,
      JSON.stringify({ host: (await import('node:os')).hostname(), pid: 2 ** 22 + 1, id: 'x' }),
    );
    expect((await fetchBig()).equals(weights)).toBe(true);
    expect(await unfinished()).toEqual([]);
  });
});

describe('the disk', () => {
  const full = process.platform === 'linux' ? it : it.skip;
  full('being full is a sentence, and nothing of the other files is lost', async () => {
    await here.hub.download(repo, commit, [named('shards/second.safetensors')]);
    const blob = join(here.cache, 'models--made--model', 'blobs', `${big().sha256}.merv.incomplete`);
    await symlink('/dev/full', blob);
    await expect(fetchBig()).rejects.toMatchObject({ code: 'disk_full' });
    await rm(blob);
    expect((await fetchBig()).equals(weights)).toBe(true);
    expect(await here.hub.cachedPath(repo, commit, 'shards/second.safetensors')).not.toBeNull();
    expect(await unfinished()).toEqual([]);
  });

  it('a blob that was damaged is seen and fetched again', async () => {
    const found = await here.hub.download(repo, commit, [big()]);
    const path = found.get('model.safetensors') as string;
    const bytes = await readFile(path);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect(await here.hub.cachedPath(repo, commit, 'model.safetensors')).toBeNull();
    expect((await fetchBig()).equals(weights)).toBe(true);
    expect((await readdir(join(here.cache, 'models--made--model', 'blobs'))).length).toBe(1);
    expect((await stat(path)).size).toBe(weights.byteLength);
  });
});
