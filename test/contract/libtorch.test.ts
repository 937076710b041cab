import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '../../engine/contract/jobs.ts';
import type { EngineClient } from '../../engine/doors/in-process.ts';
import { libtorchVersion } from '../../engine/hub/libtorch/version.ts';
import { type FakeTorch, startFakeTorch } from '../support/fake-torch/fake-torch.ts';
import { cpuFile, cpuWheel, libraries } from '../support/fake-torch/fake-wheel.ts';
import { type BuiltScript, buildScript, type Ended, startCli } from './support/child.ts';
import { type OpenDoor, realDoors } from './support/doors.ts';

// The wheel here is one for Linux; what decides it on other systems is under test in unit/hub/libtorch.
const onLinux = describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64');
const kills = Number(process.env.MERV_KILLS ?? 6);
const folder = join('libtorch', `${libtorchVersion}-linux-x64`);

let fake: FakeTorch;
let home: string;
let trainer: BuiltScript;
let addon: string;
const environment = ['MERV_LIBTORCH_INDEX', 'MERV_TRAINER', 'MERV_NATIVE', 'MERV_CACHE'] as const;
const before = environment.map((name) => process.env[name]);

beforeAll(async () => {
  fake = await startFakeTorch(cpuWheel());
  trainer = await buildScript(new URL('../../engine/doors/trainer.ts', import.meta.url));
});
afterAll(async () => {
  await fake.close();
  trainer.remove();
});
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'merv libtorch '));
  // An addon that stands for the application's own: what matters here is which libraries it would be given.
  addon = join(home, 'merv-torch.node');
  writeFileSync(addon, 'no library');
  process.env.MERV_LIBTORCH_INDEX = fake.indexes;
  process.env.MERV_TRAINER = trainer.file;
  process.env.MERV_NATIVE = addon;
  process.env.MERV_CACHE = join(home, 'cache');
  fake.fail();
  fake.put(cpuWheel());
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
  for (const [at, name] of environment.entries()) {
    if (before[at] === undefined) delete process.env[name];
    else process.env[name] = before[at];
  }
});

const files = (): readonly string[] =>
  readdirSync(join(home, 'libtorch'), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(home, join(entry.parentPath, entry.name)))
    .sort();
const whole = [...Object.keys(libraries), 'libtorch.json'].map((name) => join(folder, name)).sort();

async function reaches(client: EngineClient, id: string, states: readonly Job['state'][]): Promise<Job> {
  for await (const jobs of await client.jobs.watch()) {
    const job = jobs.find((each) => each.id === id);
    if (job && states.includes(job.state)) return job;
    if (job?.state === 'failed') throw new Error(JSON.stringify(job.error));
  }
  throw new Error('the watch ended');
}

onLinux.each(realDoors)('libtorch, %s', (_, openAt) => {
  let door: OpenDoor;
  let client: EngineClient;
  beforeEach(async () => {
    door = await openAt(home);
    client = door.client;
  });
  afterEach(() => door.close());

  it('is missing, planned, fetched with a pause, tried, repaired and removed', {
    timeout: 180_000,
  }, async () => {
    const missing = await client.training.runtime();
    expect(missing).toMatchObject({ state: 'missing', installed: null, lacksLibtorch: true, jobId: null });
    expect(missing.attempts[0]).toContain(addon);
    const plan = await client.training.libtorch.plan({ build: 'cpu' });
    expect(plan.archives).toMatchObject([{ name: cpuFile, bytes: cpuWheel().bytes.byteLength }]);

    fake.fail({ path: '.whl', what: { kind: 'slow', bytesPerSecond: 300_000 } });
    const { id } = await client.training.libtorch.install({ build: 'cpu' });
    expect(await client.training.libtorch.install({ build: 'cpu' })).toEqual({ id });
    await reaches(client, id, ['running']);
    await client.jobs.pause({ id });
    expect(await reaches(client, id, ['paused'])).toMatchObject({ kind: 'libtorch', error: null });
    expect(await client.training.runtime()).toMatchObject({ state: 'downloading', jobId: id });
    expect(existsSync(join(home, folder))).toBe(false);
    fake.fail();
    await client.jobs.resume({ id });
    await reaches(client, id, ['done']);
    expect(files()).toEqual(whole);

    const tried = await client.training.runtime();
    const bytes = Object.values(libraries).reduce((sum, { byteLength }) => sum + byteLength, 0);
    const installed = { version: libtorchVersion, build: 'cpu', folder: join(home, folder), bytes };
    expect(tried).toMatchObject({ state: 'missing', installed, jobId: null });
    // The libraries are noise and the addon none: but it was they that were tried first.
    expect(tried.attempts[0]).toMatch(new RegExp(`^${join(home, folder)}: `));

    truncateSync(join(home, folder, 'torch', 'lib', 'libc10.so'), 5);
    const damaged = await client.training.runtime();
    expect(damaged.attempts[0]).toContain('torch/lib/libc10.so has 5 bytes, not 300001');
    expect(damaged.remedy).toContain('merv libtorch remove');
    const again = await client.training.libtorch.install({ build: 'cpu' });
    await reaches(client, again.id, ['done']);
    expect(statSync(join(home, folder, 'torch', 'lib', 'libc10.so')).size).toBe(300_001);

    const manifest = join(home, folder, 'libtorch.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replaceAll(libtorchVersion, '2.1.0'));
    const outdated = await client.training.runtime();
    expect(outdated).toMatchObject({ installed: null, lacksLibtorch: true });
    expect(outdated.attempts.at(-1)).toContain('it is of version 2.1.0');

    expect((await client.training.libtorch.remove()).freedBytes).toBe(bytes);
    expect(files()).toEqual([]);
    expect(await client.training.libtorch.remove()).toEqual({ freedBytes: 0 });
    const asked = (await client.settings.activity()).map(({ purpose }) => purpose);
    expect(new Set(asked)).toEqual(new Set(['Looking up libtorch', `Fetching libtorch (${cpuFile})`]));
  });

  it('a job that is cancelled leaves nothing, one that fails says why', { timeout: 180_000 }, async () => {
    fake.fail({ path: '.whl', what: { kind: 'slow', bytesPerSecond: 300_000 } });
    const { id } = await client.training.libtorch.install({ build: 'cpu' });
    for await (const jobs of await client.jobs.watch())
      if (jobs.some(({ stage }) => stage?.name === 'download' && stage.done > 100_000)) break;
    await client.jobs.cancel({ id });
    await reaches(client, id, ['cancelled']);
    expect(files()).toEqual([]);

    fake.put({ ...cpuWheel(), sha256: 'e'.repeat(64) });
    fake.fail();
    const wrong = await client.training.libtorch.install({ build: 'cpu' });
    const failed = await reaches(client, wrong.id, ['failed']);
    expect(failed.error).toMatchObject({ code: 'wrong_content' });
    expect(await client.training.runtime()).toMatchObject({ state: 'downloading', jobId: wrong.id });
    // Another try takes another look at the index.
    fake.put(cpuWheel());
    await client.jobs.resume({ id: wrong.id });
    await reaches(client, wrong.id, ['done']);
    expect(files()).toEqual(whole);
  });
});

onLinux('merv libtorch', () => {
  it('plans, installs, shows and removes', { timeout: 180_000 }, async () => {
    const cli = await buildScript(new URL('./support/real-cli.ts', import.meta.url));
    const merv = (...words: readonly string[]): Promise<Ended> => startCli(cli, words, home).ended;
    try {
      const planned = await merv('libtorch', 'install', '--plan');
      const sha256 = createHash('sha256').update(cpuWheel().bytes).digest('hex');
      expect(planned.out).toContain(`sha256 ${sha256}`);
      expect(planned.out).toMatch(/^libtorch 2\.\S+ for cpu: .* to download, 5\.9 MB on the disk/);
      expect(existsSync(join(home, 'libtorch'))).toBe(false);
      const installed = await merv('libtorch', 'install');
      expect([installed.code, installed.out]).toEqual([0, `${join(home, folder)}\n`]);
      expect((await merv('libtorch')).out).toContain(`In the data folder: ${libtorchVersion} for cpu`);
      expect(JSON.parse((await merv('libtorch', 'where', '--json')).out).installed.build).toBe('cpu');
      expect((await merv('libtorch', 'remove')).out).toMatch(/^Removed, 5\.9 MB are free/);
      expect((await merv('settings', 'offline', 'true')).code).toBe(0);
      const offline = await merv('libtorch', 'install');
      expect([offline.code, offline.err]).toEqual([1, expect.stringContaining('offline mode')]);
      expect((await merv('libtorch', 'nonsense')).code).toBe(2);
    } finally {
      cli.remove();
    }
  });
});

onLinux('a process that is killed', () => {
  it('is gone on with, to the same files and no others', { timeout: 240_000 }, async () => {
    const script = await buildScript(new URL('./support/libtorch-child.ts', import.meta.url));
    const run = (killAfter: number | null) =>
      new Promise<number | null>((resolve) => {
        const child = spawn(process.execPath, [script.file, home], { stdio: ['ignore', 'pipe', 'inherit'] });
        child.stdout.once('data', () => {
          if (killAfter !== null) setTimeout(() => child.kill('SIGKILL'), killAfter);
        });
        child.on('close', resolve);
      });
    try {
      fake.fail({ path: '.whl', what: { kind: 'slow', bytesPerSecond: 4_000_000 } });
      for (let kill = 0; kill < kills; kill++) await run(50 + 900 * ((kill + Math.random()) / kills));
      fake.fail();
      fake.forgetRequests();
      expect(await run(null)).toBe(0);
      expect(files()).toEqual(whole);
      for (const [name, content] of Object.entries(libraries))
        expect(readFileSync(join(home, folder, name)).equals(content), name).toBe(true);
    } finally {
      script.remove();
    }
  });
});
