import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelSource } from '../../engine/contract/hub.ts';
import { type FakeHub, startFakeHub } from '../support/fake-hub/fake-hub.ts';
import type { Fault } from '../support/fake-hub/faults.ts';
import type { FakeRepo } from '../support/fake-hub/repos.ts';
import { tinyLlama, tinyMerv } from '../support/tiny-repos.ts';
import { type BuiltScript, buildScript } from './support/child.ts';

/** 100 kills take some minutes; MERV_KILLS=100 asks for them. */
const kills = Number(process.env.MERV_KILLS ?? 24);
const seed = Number(process.env.MERV_KILL_SEED ?? 1);
/** One install is killed so often before it is left to end. */
const killsAnInstall = 4;

const merv = tinyMerv();
const llama: ModelSource = { kind: 'hub', repo: 'tiny/llama', revision: null, path: null };
const run: ModelSource = { kind: 'hub', repo: 'tyleryzhu/merv', revision: null, path: 'merv-tiny' };
const repos: readonly FakeRepo[] = [tinyLlama(), ...(merv ?? []).map((repo) => ({ ...repo, gated: false }))];

let script: BuiltScript;
let fake: FakeHub;
beforeAll(async () => {
  script = await buildScript(new URL('./support/install-child.ts', import.meta.url));
  fake = await startFakeHub({ repos });
});
afterAll(async () => {
  script.remove();
  await fake.close();
});

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function random(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs the child; kills it so many milliseconds after it has started working. Resolves with its exit and its time. */
function work(home: string, source: ModelSource, killAfter: number | null) {
  return new Promise<{ readonly code: number | null; readonly ms: number; readonly err: string }>(
    (resolve) => {
      const child = spawn(process.execPath, [script.file, home, JSON.stringify(source)], {
        env: { ...process.env, HF_ENDPOINT: fake.endpoint, HF_HOME: join(home, 'hf'), HF_TOKEN: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let began = 0;
      let err = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        err += text;
      });
      child.stdout.once('data', () => {
        began = Date.now();
        if (killAfter !== null) setTimeout(() => child.kill('SIGKILL'), killAfter);
      });
      child.on('close', (code) => resolve({ code, ms: Date.now() - began, err }));
    },
  );
}

/** Every file and link below the models folder and the cache, by path: what a later kill must not change. */
function contents(home: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const folder of ['models', 'hf'])
    for (const entry of readdirSync(join(home, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(home.length + 1);
      if (lstatSync(path).isSymbolicLink()) found[name] = `link to ${readlinkSync(path)}`;
      else if (entry.isDirectory()) found[name] = 'folder';
      // The one thing that another install writes otherwise: when it began.
      else found[name] = hashOf(readFileSync(path), name.endsWith('bundle.json'));
    }
  return found;
}
function hashOf(bytes: Buffer, isBundle: boolean): string {
  const text = isBundle ? bytes.toString('utf8').replace(/"createdAt": \d+/, '') : bytes;
  return createHash('sha256').update(text).digest('hex');
}

/** What else goes wrong while the engine is killed. */
function faultsOf(next: () => number): readonly Fault[] {
  const slow: Fault = { server: 'cdn', what: { kind: 'slow', bytesPerSecond: 2_000_000 } };
  const cut: Fault = {
    server: 'cdn',
    count: 2,
    skip: Math.floor(next() * 4),
    what: { kind: 'cut', afterBytes: Math.floor(next() * 400_000) },
  };
  const broken: Fault = {
    count: 1,
    skip: Math.floor(next() * 8),
    what: { kind: 'status', status: 503, headers: { 'retry-after': '0' } },
  };
  return [slow, ...(next() < 0.5 ? [cut] : []), ...(next() < 0.3 ? [broken] : [])];
}

async function restartServer(): Promise<void> {
  const port = Number(new URL(fake.endpoint).port);
  await fake.close();
  fake = await startFakeHub({ repos, port });
}

async function killAgainAndAgain(source: ModelSource, count: number, start: number): Promise<void> {
  const next = random(start);
  const homes: string[] = [];
  const newHome = (): string => {
    const home = mkdtempSync(join(tmpdir(), 'merv kills '));
    homes.push(home);
    return home;
  };
  try {
    const whole = newHome();
    fake.fail();
    const first = await work(whole, source, null);
    expect(first.err).toBe('');
    const expected = contents(whole);
    for (let killed = 0; killed < count; ) {
      const home = newHome();
      fake.fail(...faultsOf(next));
      for (let each = 0; each < killsAnInstall && killed < count; each++) {
        const moment = next() * 1.2 * first.ms;
        const ending = work(home, source, moment);
        if (next() < 0.15) setTimeout(() => void restartServer(), moment / 2);
        const { code, err } = await ending;
        // Done before the kill came: the next kill befalls an engine that has nothing to do.
        expect([null, 0], err).toContain(code);
        killed++;
      }
      fake.fail();
      const { code, err } = await work(home, source, null);
      expect([code, err], `seed ${start}, ${killed} kills`).toEqual([0, '']);
      expect(contents(home), `seed ${start}, ${killed} kills`).toEqual(expected);
      rmSync(home, { recursive: true, force: true });
    }
  } finally {
    for (const home of homes) rmSync(home, { recursive: true, force: true });
  }
}

describe('an install whose engine and server are killed', () => {
  it('ends whole, byte for byte the same, without a file too many', { timeout: 900_000 }, () =>
    killAgainAndAgain(llama, Math.ceil(kills * (merv ? 0.75 : 1)), seed),
  );

  it.skipIf(!merv)('the same for a MERV run with its encoders', { timeout: 900_000 }, () =>
    killAgainAndAgain(run, Math.floor(kills * 0.25), seed + 1),
  );
});
