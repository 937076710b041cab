import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ModelSource } from '../../engine/contract/hub.ts';
import type { Job } from '../../engine/contract/jobs.ts';
import { samplingSchema } from '../../engine/contract/sampling.ts';
import type { EngineClient } from '../../engine/doors/in-process.ts';
import { type FakeHub, startFakeHub } from '../support/fake-hub/fake-hub.ts';
import { tinyLlama, tinyMerv } from '../support/tiny-repos.ts';
import { type OpenDoor, realDoors } from './support/doors.ts';

const merv = tinyMerv();
const noise = {
  id: 'tiny/noise',
  files: { 'config.json': Buffer.from('{"model_type":"other"}'), 'notes.txt': Buffer.from('x') },
};
const gated = { ...tinyLlama('tiny/gated'), gated: true };

let fake: FakeHub;
let home: string;
let door: OpenDoor;
let client: EngineClient;
const environment = ['HF_ENDPOINT', 'HF_HOME', 'HF_TOKEN', 'HF_HUB_CACHE'] as const;
const before = environment.map((name) => process.env[name]);

beforeAll(async () => {
  fake = await startFakeHub({
    repos: [tinyLlama(), noise, gated, ...(merv ?? [])],
    tokens: { hf_good: ['tiny/gated', 'meta-llama/Llama-2-7b-hf'] },
  });
});
afterAll(async () => {
  await fake.close();
  for (const [at, name] of environment.entries()) {
    if (before[at] === undefined) delete process.env[name];
    else process.env[name] = before[at];
  }
});
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'merv models '));
  for (const name of environment) delete process.env[name];
  process.env.HF_ENDPOINT = fake.endpoint;
  process.env.HF_HOME = join(home, 'hf');
  fake.fail();
  fake.forgetRequests();
});
afterEach(async () => {
  await door.close();
  rmSync(home, { recursive: true, force: true });
});

async function open(name: 'in-process' | 'IPC' | 'WebSocket' = 'in-process'): Promise<void> {
  const [, openAt] = realDoors.find(([each]) => each === name)!;
  door = await openAt(home);
  client = door.client;
}

const llama: ModelSource = { kind: 'hub', repo: 'tiny/llama', revision: null, path: null };

/** Watches until the job ends or stops; what it was at the end. */
async function ended(id: string, states: readonly Job['state'][] = ['done', 'failed', 'cancelled']) {
  for await (const jobs of await client.jobs.watch()) {
    const job = jobs.find((each) => each.id === id);
    if (job && states.includes(job.state)) return job;
  }
  throw new Error('The list of jobs ended.');
}
async function install(source: ModelSource = llama): Promise<Job> {
  const { id } = await client.hub.install({ source, choices: [] });
  const job = await ended(id);
  expect(job.error).toBeNull();
  return job;
}
const refused = (code: string) => ({ data: { code } });
/** Every file below a folder but what is in the way of links. */
const filesIn = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .sort()
    : [];
const partFile = (pattern: RegExp): string => {
  const parts = join(home, 'models', 'parts');
  const found = filesIn(parts).find((path) => pattern.test(path));
  if (!found) throw new Error(`no part file ${pattern} in ${filesIn(parts)}`);
  return join(parts, found);
};

describe.each(['in-process', 'IPC', 'WebSocket'] as const)('models through the door %s', (name) => {
  it('are found, planned, installed, looked at, used, and removed', { timeout: 60_000 }, async () => {
    await open(name);
    const [found] = await client.hub.search({ query: 'tiny/llama', limit: 5 });
    expect(found).toMatchObject({ repo: 'tiny/llama', licence: 'apache-2.0', gated: 'open' });
    const page = await client.hub.repo({ repo: 'tiny/llama', revision: null });
    expect(page).toMatchObject({ commit: fake.commit('tiny/llama'), readme: '# Tiny\n', refusal: null });
    expect(page.installable.map(({ path }) => path)).toEqual([null]);

    const plan = await client.hub.plan({ source: llama, choices: [] });
    expect(plan).toMatchObject({ modelId: 'llama', kind: 'language-model', problems: [], warnings: [] });
    const words = plan.parts.find(({ role }) => role === 'languageModel')!;
    expect(words).toMatchObject({ repo: 'tiny/llama', state: 'fetch', gated: 'open' });
    expect(words.sizes.map(({ precision }) => precision)).toContain('fp32');
    expect(plan.downloadBytes).toBeGreaterThan(500_000);

    const job = await install();
    expect(job).toMatchObject({ kind: 'install', modelId: 'llama', fraction: 1, stage: null, notes: [] });
    const [model] = (await client.models.list()).filter(({ id }) => id === 'llama');
    expect(model).toMatchObject({ problem: null, encoders: [], visualTokens: 0 });
    const part = model!.parts.find(({ role }) => role === 'languageModel')!;
    expect(part).toMatchObject({ precision: 'int8', sharedWith: [], licence: 'apache-2.0' });
    expect(part.quality).toMatchObject({ kind: 'logits' });
    expect((await client.hub.plan({ source: llama, choices: [] })).parts.map(({ state }) => state)).toEqual([
      'installed',
      'installed',
    ]);

    const detail = await client.models.inspect({ id: 'llama' });
    expect(detail.promptPreview).toBe(
      '<|im_start|>user\nWhat happens in the video?<|im_end|>\n<|im_start|>assistant\n',
    );
    expect(detail.joins.at(-1)).toMatchObject({ from: part.key, to: 'answer' });
    expect(detail.files.map(({ file }) => file)).toContain('language-model.onnx.data');
    const tensors = await client.models.tensors({ id: 'llama', search: 'EMBED', offset: 0, limit: 1 });
    expect(tensors).toMatchObject({
      total: 1,
      rows: [{ part: part.key, shape: [512, 64], type: 'float16' }],
    });
    expect((await client.models.tensors({ id: 'llama', search: '', offset: 2, limit: 3 })).rows).toHaveLength(
      3,
    );

    await client.models.rename({ id: 'llama', name: 'My Llama' });
    expect((await client.models.list()).map((each) => each.name)).toContain('My Llama');
    expect(await client.models.verify({ id: 'llama' })).toEqual({ problems: [] });

    const activity = await client.settings.activity();
    expect(activity.every(({ url }) => url.startsWith(fake.endpoint) || url.startsWith(fake.cdn))).toBe(true);
    expect(activity.map(({ purpose }) => purpose)).toContain('Fetching model.safetensors of tiny/llama');
    expect(activity.find(({ url }) => url.includes('X-Amz'))?.url).not.toMatch(/Signature=[0-9a-f]/);
    await client.settings.clearActivity();
    expect(await client.settings.activity()).toEqual([]);

    const { freedBytes } = await client.models.delete({ id: 'llama' });
    expect(freedBytes).toBeGreaterThan(model!.bytes);
    expect(filesIn(join(home, 'models'))).toEqual([]);
    await expect(client.models.inspect({ id: 'llama' })).rejects.toMatchObject(refused('model_missing'));
  });

  it.skipIf(name === 'in-process')('come from, and go to, only what was chosen here', async () => {
    await open(name);
    const path = join(home, 'elsewhere');
    const source = { kind: 'local', path } as const;
    await expect(client.hub.plan({ source, choices: [] })).rejects.toMatchObject(refused('not_allowed'));
    await expect(client.hub.install({ source, choices: [] })).rejects.toMatchObject(refused('not_allowed'));
    await expect(client.models.export({ id: 'x', path })).rejects.toMatchObject(refused('not_allowed'));
    await expect(client.settings.moveModels({ path })).rejects.toMatchObject(refused('not_allowed'));
    await door.grant(path);
    await expect(client.hub.plan({ source, choices: [] })).rejects.toMatchObject(refused('file_missing'));
  });
});

describe('an install', () => {
  it('pauses, survives the end of the engine, goes on, and is cancelled without a trace', {
    timeout: 120_000,
  }, async () => {
    await open();
    fake.fail({ path: 'model.safetensors', server: 'cdn', what: { kind: 'slow', bytesPerSecond: 200_000 } });
    const { id } = await client.hub.install({ source: llama, choices: [] });
    expect((await client.hub.install({ source: llama, choices: [] })).id).toBe(id);
    const reached = async (stage: string): Promise<Job> => {
      for await (const jobs of await client.jobs.watch()) {
        const job = jobs.find((each) => each.id === id);
        if (job?.stage?.name === stage && job.stage.done > 0) return job;
      }
      throw new Error('The list of jobs ended.');
    };
    await reached('download');
    await client.jobs.pause({ id });
    expect((await ended(id, ['paused'])).stage?.name).toBe('download');
    await door.close();
    await open();
    expect((await ended(id, ['paused'])).error).toBeNull();
    await client.jobs.resume({ id });
    await reached('download');
    await door.close();
    // As a window that was closed in the middle: the next one goes on by itself.
    await open();
    await reached('download');
    await client.jobs.cancel({ id });
    await ended(id, ['cancelled']);
    expect(filesIn(join(home, 'models'))).toEqual([]);
    expect(filesIn(join(home, 'hf')).filter((path) => /incomplete|journal|partial/.test(path))).toEqual([]);
    await client.jobs.forget({ id });
    for await (const jobs of await client.jobs.watch()) {
      expect(jobs).toEqual([]);
      break;
    }
  });

  it('that fails says why, and may be tried again', async () => {
    await open();
    await client.hub.plan({ source: llama, choices: [] });
    const looks = fake.requests.filter(
      ({ server, url }) => server === 'cdn' && /model\.safe/.test(url),
    ).length;
    // The plan and the job look into the file before it is fetched.
    fake.fail({ path: 'model.safetensors', server: 'cdn', skip: 2 * looks, what: { kind: 'wrong-body' } });
    const { id } = await client.hub.install({ source: llama, choices: [] });
    const failed = await ended(id);
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'wrong_content' } });
    expect(failed.error?.sentence).toContain('model.safetensors');
    fake.fail();
    await client.jobs.resume({ id });
    expect((await ended(id, ['done'])).error).toBeNull();
    await client.models.delete({ id: 'llama' });
  });

  it('of what is gated, unknown, of another form, or offline is refused in a sentence', async () => {
    await open();
    const source = { ...llama, repo: 'tiny/gated' };
    const plan = await client.hub.plan({ source, choices: [] });
    expect(plan.problems).toMatchObject([{ url: `${fake.endpoint}/tiny/gated` }]);
    await expect(client.hub.install({ source, choices: [] })).rejects.toMatchObject(refused('gated'));
    expect(await client.settings.account()).toMatchObject({ token: 'none', endpoint: fake.endpoint });
    expect(await client.settings.setToken({ token: ' hf_good\n' })).toMatchObject({ token: 'entered' });
    expect(statSync(join(home, 'token')).mode & 0o777).toBe(0o600);
    expect((await client.hub.plan({ source, choices: [] })).problems).toEqual([]);
    await client.settings.setToken({ token: '' });
    expect(existsSync(join(home, 'token'))).toBe(false);

    const other = { ...llama, repo: 'tiny/noise' };
    await expect(client.hub.plan({ source: other, choices: [] })).rejects.toMatchObject(
      refused('model_incomplete'),
    );
    expect((await client.hub.repo({ repo: 'tiny/noise', revision: null })).refusal).toContain('tiny/noise');
    const choices = [{ role: 'languageModel', id: 'llama', precision: 'int4' }] as const;
    expect((await client.hub.plan({ source: llama, choices: [...choices] })).parts).toHaveLength(2);

    await client.settings.set({ ...(await client.settings.get()), offline: true });
    fake.forgetRequests();
    await expect(client.hub.search({ query: 'x', limit: 1 })).rejects.toMatchObject(refused('offline'));
    await expect(client.hub.plan({ source: other, choices: [] })).rejects.toMatchObject({ data: {} });
    expect(fake.requests).toEqual([]);
  });

  it('works offline from what is cached', async () => {
    await open();
    await install();
    await client.models.delete({ id: 'llama' });
    await client.settings.set({ ...(await client.settings.get()), offline: true });
    fake.forgetRequests();
    await install();
    expect(fake.requests).toEqual([]);
    expect((await client.models.list()).map(({ id }) => id)).toContain('llama');
  });

  it('keeps the parts of a model at another precision apart, and frees the replaced ones', async () => {
    await open();
    await install();
    const [first] = await client.models.list();
    const role = 'languageModel' as const;
    const id = (await client.hub.plan({ source: llama, choices: [] })).parts.find(
      (each) => each.role === role,
    )!.id;
    const job = await client.hub.install({ source: llama, choices: [{ role, id, precision: 'fp32' }] });
    expect((await ended(job.id)).error).toBeNull();
    const models = await client.models.list();
    expect(models.map((each) => each.id)).toEqual([first!.id]);
    expect(models[0]!.parts.find((each) => each.role === role)).toMatchObject({
      precision: 'fp32',
      quality: null,
    });
    expect(readdirSync(join(home, 'models', 'parts'))).toHaveLength(2);
  });
});

describe('an installed model', () => {
  it('that is damaged is found out and repaired, and only what is broken is made again', async () => {
    await open();
    await install();
    const data = partFile(/language-model\.onnx\.data$/);
    const tokenizer = partFile(/tokenizer\.json$/);
    const whole = readFileSync(data);
    const made = statSync(tokenizer).mtimeMs;
    const bytes = Buffer.from(whole);
    bytes[100] = bytes[100]! ^ 1;
    writeFileSync(data, bytes);
    const { problems } = await client.models.verify({ id: 'llama' });
    expect(problems).toEqual([expect.stringContaining('language-model.onnx.data')]);
    const { id } = await client.models.repair({ id: 'llama' });
    expect(await ended(id)).toMatchObject({ state: 'done', notes: problems });
    expect(readFileSync(data).equals(whole)).toBe(true);
    expect(statSync(tokenizer).mtimeMs).toBe(made);
    expect((await client.models.verify({ id: 'llama' })).problems).toEqual([]);

    rmSync(join(tokenizer, '..'), { recursive: true });
    expect((await client.models.list())[0]?.problem).not.toBeNull();
    expect((await ended((await client.models.repair({ id: 'llama' })).id)).state).toBe('done');
    expect((await client.models.list())[0]?.problem).toBeNull();
    const nothing = await ended((await client.models.repair({ id: 'llama' })).id);
    expect(nothing.notes).toEqual(['Nothing of it is broken.']);
  });

  it('goes to another machine in one file', async () => {
    await open();
    await install();
    const path = join(home, 'llama.merv');
    expect((await ended((await client.models.export({ id: 'llama', path })).id)).state).toBe('done');
    const parts = (await client.models.list())[0]!.parts;
    await client.models.delete({ id: 'llama' });
    fake.forgetRequests();
    const plan = await client.hub.plan({ source: { kind: 'local', path }, choices: [] });
    expect(plan).toMatchObject({ kind: 'bundle', modelId: 'llama', downloadBytes: 0, problems: [] });
    await install({ kind: 'local', path });
    expect(fake.requests).toEqual([]);
    const back = (await client.models.list())[0]!;
    expect(back.parts.map(({ key, quality }) => [key, quality])).toEqual(
      parts.map(({ key, quality }) => [key, quality]),
    );
    expect((await client.models.verify({ id: back.id })).problems).toEqual([]);
  });

  it('moves with all others to another folder and answers from there', { timeout: 60_000 }, async () => {
    await open();
    await install();
    const path = join(home, 'other', 'models');
    const { id } = await client.settings.moveModels({ path });
    expect((await ended(id)).state).toBe('done');
    expect((await client.system.info()).modelsFolder).toBe(path);
    expect((await client.models.list()).map((model) => model.id)).toEqual(['llama']);
    expect(filesIn(join(home, 'models'))).toEqual([]);
    expect((await client.models.inspect({ id: 'llama' })).folder).toBe(join(path, 'llama'));
    await door.close();
    await open();
    expect((await client.models.verify({ id: 'llama' })).problems).toEqual([]);
  });
});

describe('the catalogue', () => {
  it('says what is installed and what does not fit', async () => {
    await open();
    const entries = await client.hub.catalogue();
    expect(entries.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['starter', 'merv-full', 'merv-frozen']),
    );
    for (const { id, modelId, download, disk, memory, parts } of entries) {
      expect([id, modelId, Math.min(download, disk, memory) > 1e8, parts.length > 1]).toEqual([
        id,
        null,
        true,
        true,
      ]);
    }
    const plan = await client.hub.plan({ source: { kind: 'catalogue', id: 'starter' }, choices: [] });
    expect(plan).toMatchObject({ kind: 'starter', modelId: 'starter', problems: [] });
    await expect(
      client.hub.plan({ source: { kind: 'catalogue', id: 'x' }, choices: [] }),
    ).rejects.toMatchObject(refused('not_found'));
  });
});

describe.skipIf(!merv)('a MERV run', () => {
  it('is installed with its encoders, shares them, and answers', { timeout: 120_000 }, async () => {
    await open();
    const source: ModelSource = { kind: 'hub', repo: 'tyleryzhu/merv', revision: null, path: 'merv-tiny' };
    const asked = await client.hub.plan({ source, choices: [] });
    expect(asked.problems).toMatchObject([{ url: `${fake.endpoint}/meta-llama/Llama-2-7b-hf` }]);
    await client.settings.setToken({ token: 'hf_good' });
    const plan = await client.hub.plan({ source, choices: [] });
    expect(plan).toMatchObject({ kind: 'merv', modelId: 'merv-tiny', problems: [] });
    expect(plan.parts.map(({ role }) => role).sort()).toEqual([
      ...['encoder', 'encoder', 'encoder', 'encoder', 'languageModel', 'tokenizer', 'visual'],
    ]);
    await install(source);
    const model = (await client.models.list()).find(({ id }) => id === 'merv-tiny')!;
    expect(model.encoders.map(({ frames }) => frames)).toEqual([16, 16, 32, 16]);
    for (const part of model.parts.filter(({ role }) => role === 'encoder'))
      expect(part.quality).toMatchObject({ kind: 'features' });
    const events = await client.ask.send({
      modelId: 'merv-tiny',
      ...{ videoId: null, clip: null, conversationId: null, replaceFrom: null },
      question: 'Hello',
      sampling: samplingSchema.parse({ maxTokens: 4 }),
    });
    const types = new Set<string>();
    for await (const event of events) types.add(event.type);
    expect([...types]).toEqual(expect.arrayContaining(['started', 'prompt', 'done']));
    expect((await client.models.verify({ id: 'merv-tiny' })).problems).toEqual([]);
  });
});
