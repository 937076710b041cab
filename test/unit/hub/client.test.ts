import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextPage, withoutFrontMatter } from '../../../engine/hub/huggingface/api.ts';
import { findToken, hubPlaces } from '../../../engine/hub/huggingface/places.ts';
import { madeBytes } from '../../support/fake-hub/repos.ts';
import { type Workplace, workplace } from './support/workplace.ts';

const weights = madeBytes(2_500_000, 5);
const readme = '---\nlicense: mit\n---\n\n# A model\n\nIt is made.\n';
const many = Object.fromEntries(
  Array.from({ length: 23 }, (_, at) => [`folder/file-${at}.json`, Buffer.from(`{"at":${at}}`)]),
);

let here: Workplace;
beforeEach(async () => {
  here = await workplace({
    pageRows: 5,
    tokens: { granted: ['made/gated', 'made/private'], other: [] },
    repos: [
      {
        id: 'made/open',
        files: {
          'README.md': Buffer.from(readme),
          'config.json': Buffer.from('{"a":1}'),
          'model.gguf': weights,
          ...many,
        },
        task: 'text-generation',
        tags: ['gguf', 'license:apache-2.0'],
        cardData: { license: 'other', license_name: 'made-licence' },
        downloads: 5,
      },
      {
        id: 'made/gated',
        gated: true,
        files: { 'config.json': Buffer.from('{}'), 'model.bin': weights },
        downloads: 9,
        tags: ['license:llama2'],
      },
      { id: 'made/private', private: true, files: { 'config.json': Buffer.from('{}') } },
    ],
  });
});
afterEach(() => here.close());

describe('search', () => {
  it('finds by name, most fetched first, no more than asked for', async () => {
    const rows = await here.hub.search('made', 10);
    expect(rows.map(({ repo }) => repo)).toEqual(['made/gated', 'made/open']);
    expect(rows[0]).toMatchObject({ author: 'made', gated: 'asks', licence: 'llama2', downloads: 9 });
    expect(rows[1]).toMatchObject({ task: 'text-generation', gated: 'open', licence: 'made-licence' });
    expect((await here.hub.search('made', 1)).length).toBe(1);
    expect(await here.hub.search('a&limit=0#', 3)).toEqual([]);
  });
});

describe('a repository', () => {
  it('shows its page: commit, readme without settings, every file of every page', async () => {
    const page = await here.hub.repo('made/open', null);
    expect(page).toMatchObject({
      commit: here.fake.commit('made/open'),
      url: `${here.fake.endpoint}/made/open`,
      readme: '# A model\n\nIt is made.\n',
    });
    expect(page.files.length).toBe(26);
    expect(page.files.find(({ path }) => path === 'model.gguf')).toEqual({
      path: 'model.gguf',
      bytes: weights.byteLength,
      cached: false,
    });
    expect(await here.files().catch(() => [])).toEqual([]);
  });

  it('that asks is asked for, granted, or refused with its page', async () => {
    expect((await here.hub.repo('made/gated', null)).gated).toBe('asks');
    const { commit, files } = await here.hub.listFiles('made/gated', null);
    for (const token of [null, 'other']) {
      here.setToken(token);
      const error = await here.hub.download('made/gated', commit, files).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'gated',
        remedy: expect.stringContaining(`${here.fake.endpoint}/made/gated`),
      });
    }
    here.setToken('granted');
    expect((await here.hub.repo('made/gated', null)).gated).toBe('granted');
    expect((await here.hub.download('made/gated', commit, files)).size).toBe(2);
  });

  it('that is private, missing, or named wrongly is a sentence', async () => {
    await expect(here.hub.repo('made/private', null)).rejects.toMatchObject({
      code: 'unauthorised',
      message: /private/,
    });
    here.setToken('nonsense');
    await expect(here.hub.repo('made/open', null)).rejects.toMatchObject({
      code: 'unauthorised',
      message: /token/,
    });
    here.setToken('granted');
    expect((await here.hub.repo('made/private', null)).files.length).toBe(1);
    await expect(here.hub.repo('made/none', null)).rejects.toMatchObject({ code: 'not_found' });
    await expect(here.hub.listFiles('made/open', 'v9')).rejects.toMatchObject({
      code: 'not_found',
      message: /revision/,
    });
    for (const name of ['../..', 'made', 'made/a--b', 'made/..', 'a/b/c', 'http://x/y', ''])
      await expect(here.hub.listFiles(name, null)).rejects.toMatchObject({ code: 'bad_request' });
    for (const revision of ['../x', 'a b', 'x?y'])
      await expect(here.hub.listFiles('made/open', revision)).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('whose files want to leave the cache is refused', async () => {
    here.fake.put({ id: 'made/bad', files: { '../../evil.json': Buffer.from('{}') } });
    await expect(here.hub.listFiles('made/bad', null)).rejects.toMatchObject({ name: 'ExpectedError' });
    here.fake.put({ id: 'made/bad', files: { 'c:\\evil.json': Buffer.from('{}') } });
    await expect(here.hub.listFiles('made/bad', null)).rejects.toMatchObject({ name: 'ExpectedError' });
  });

  it('passes a fault of the API that passes', async () => {
    here.fake.fail({ count: 2, what: { kind: 'status', status: 502 } });
    expect((await here.hub.listFiles('made/open', null)).files.length).toBe(26);
  });
});

describe('reading', () => {
  it('a small file goes through the cache, a piece of a large one does not', async () => {
    const { commit } = await here.hub.listFiles('made/open', null);
    expect((await here.hub.readSmall('made/open', commit, 'config.json')).toString()).toBe('{"a":1}');
    const piece = await here.hub.readRange('made/open', commit, 'model.gguf', 1_000_000, 1000);
    expect(Buffer.from(piece).equals(weights.subarray(1_000_000, 1_001_000))).toBe(true);
    expect((await here.files()).some((path) => path.endsWith('config.json'))).toBe(true);
    expect((await here.files()).some((path) => path.endsWith('model.gguf'))).toBe(false);
    await expect(here.hub.readSmall('made/open', commit, 'none.json')).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('a remote file reads as one on the disk does, in few requests, also without ranges', async () => {
    const { commit, files } = await here.hub.listFiles('made/open', null);
    const check = async (): Promise<void> => {
      const file = await here.hub.openFile('made/open', commit, 'model.gguf');
      for (const [at, length] of [
        [0, 8],
        [8, 4000],
        [1_048_570, 12],
        [2_499_990, 10],
        [3, 2_000_000],
        [5, 0],
      ] as const)
        expect(Buffer.from(await file.read(at, length)).equals(weights.subarray(at, at + length))).toBe(true);
      await expect(file.read(2_499_999, 2)).rejects.toMatchObject({ code: 'file_corrupt' });
      await expect(file.read(0, 2 ** 40)).rejects.toMatchObject({ code: 'file_corrupt' });
      await file.close();
    };
    here.fake.forgetRequests();
    await check();
    expect(here.fake.requests.filter(({ server }) => server === 'cdn').length).toBe(4);
    here.fake.fail({ server: 'cdn', what: { kind: 'no-range' } });
    await check();
    here.fake.fail();
    await here.hub.download('made/open', commit, files);
    here.fake.forgetRequests();
    await check();
    expect(here.fake.requests).toEqual([]);
  });
});

describe('the cache of other tools', () => {
  const repo = 'made/open';
  const paths = () => join(here.cache, 'models--made--open');

  it('is found, checked by its name when first used, and never sent again', async () => {
    const { commit, files } = await here.hub.listFiles(repo, null);
    await here.hub.download(repo, commit, files);
    // As another tool leaves it: no listing, nothing noted.
    await rm(join(paths(), 'trees'), { recursive: true });
    await rm(join(here.folder, 'checked.json'));
    here.fake.forgetRequests();
    const hub = here.restart();
    expect(await hub.cachedPath(repo, commit, 'model.gguf')).toBe(
      join(paths(), 'snapshots', commit, 'model.gguf'),
    );
    expect(await hub.cachedPath(repo, commit, 'none')).toBeNull();
    expect(JSON.parse(await readFile(join(here.folder, 'checked.json'), 'utf8'))).not.toEqual({});
    here.settings.offline = true;
    const listing = await hub.listFiles(repo, 'main');
    expect(listing.commit).toBe(commit);
    expect(new Set(listing.files.map(({ path }) => path))).toEqual(new Set(files.map(({ path }) => path)));
    expect(listing.files.find(({ path }) => path === 'model.gguf')?.sha256).toBe(
      files.find(({ path }) => path === 'model.gguf')?.sha256,
    );
    const page = await hub.repo(repo, null);
    expect(page.readme).toContain('# A model');
    expect(page.files.every(({ cached }) => cached)).toBe(true);
    expect((await hub.download(repo, commit, listing.files)).size).toBe(files.length);
    expect((await hub.readSmall(repo, commit, 'config.json')).toString()).toBe('{"a":1}');
    expect(here.fake.requests).toEqual([]);
  });

  it('with a blob and no link gets the link', async () => {
    const { commit, files } = await here.hub.listFiles(repo, null);
    const model = files.filter(({ path }) => path === 'model.gguf');
    const blob = join(paths(), 'blobs', model[0]?.sha256 ?? '');
    await mkdir(dirname(blob), { recursive: true });
    await writeFile(blob, weights);
    here.fake.forgetRequests();
    const found = await here.hub.download(repo, commit, model);
    expect(here.fake.requests).toEqual([]);
    expect((await readFile(found.get('model.gguf') ?? '')).equals(weights)).toBe(true);
  });

  it('with part of a file of another tool is left alone', async () => {
    const { commit, files } = await here.hub.listFiles(repo, null);
    const model = files.filter(({ path }) => path === 'model.gguf');
    const theirs = join(paths(), 'blobs', `${model[0]?.sha256}.incomplete`);
    await mkdir(dirname(theirs), { recursive: true });
    await writeFile(theirs, 'begun');
    await here.hub.download(repo, commit, model);
    expect(await readFile(theirs, 'utf8')).toBe('begun');
  });
});

describe('places and tokens', () => {
  it.each([
    [{}, '/home/me/.cache/huggingface/hub', '/home/me/.cache/huggingface/token'],
    [{ XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub', '/x/huggingface/token'],
    [{ HF_HOME: '/hf', XDG_CACHE_HOME: '/x' }, '/hf/hub', '/hf/token'],
    [{ HF_HOME: '~/hf' }, '/home/me/hf/hub', '/home/me/hf/token'],
    [{ HF_HOME: '$BIG/hf', BIG: '/disk' }, '/disk/hf/hub', '/disk/hf/token'],
    [{ HF_HUB_CACHE: '/c', HF_HOME: '/hf', HF_TOKEN_PATH: '/t' }, '/c', '/t'],
    [{ HUGGINGFACE_HUB_CACHE: '/old' }, '/old', '/home/me/.cache/huggingface/token'],
  ])('%o', (env, cacheFolder, tokenFile) => {
    expect(hubPlaces(env, '/home/me')).toMatchObject({
      cacheFolder,
      tokenFile,
      endpoint: 'https://huggingface.co',
    });
  });

  it('reads the switches', () => {
    const env = {
      HF_ENDPOINT: 'http://mirror/',
      HF_HUB_OFFLINE: '1',
      HF_HUB_DISABLE_SYMLINKS: 'true',
      HF_TOKEN: ' hf_a\n',
    };
    expect(hubPlaces(env, '/h')).toMatchObject({
      endpoint: 'http://mirror',
      offline: true,
      symlinks: false,
      environmentToken: 'hf_a',
    });
  });

  it('a token that was entered comes before HF_TOKEN, and that before the file of `hf auth login`', async () => {
    const file = join(here.folder, 'token');
    await writeFile(file, 'hf_file\n');
    const withBoth = hubPlaces({ HF_TOKEN_PATH: file, HF_TOKEN: 'hf_env' }, '/h');
    const withFile = hubPlaces({ HF_TOKEN_PATH: file }, '/h');
    expect(await findToken(withBoth, 'hf_typed')).toEqual({ token: 'hf_typed', from: 'entered' });
    expect(await findToken(withBoth, null)).toEqual({ token: 'hf_env', from: 'environment' });
    expect(await findToken(withFile, '')).toEqual({ token: 'hf_file', from: 'file' });
    await rm(file);
    expect(await findToken(withFile, null)).toEqual({ token: null, from: 'none' });
  });
});

describe('small grammars', () => {
  it.each([
    ['<https://h/a?cursor=1>; rel="next"', 'https://h/a?cursor=1'],
    ['<https://h/p>; rel="prev", <https://h/n>; rel="next"', 'https://h/n'],
    ['<https://h/p>; rel="prev"', null],
    [undefined, null],
  ])('Link %s', (link, next) => {
    expect(nextPage(link)).toBe(next);
  });

  it.each([
    ['---\na: 1\n---\n# T\n', '# T\n'],
    ['---\r\na: 1\r\n---\r\n\r\nText', 'Text'],
    ['# T\n---\nnot settings\n---\n', '# T\n---\nnot settings\n---\n'],
  ])('front matter of %j', (markdown, text) => {
    expect(withoutFrontMatter(markdown)).toBe(text);
  });
});
