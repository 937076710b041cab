/**
 * How long `merv ask` takes from its start to the first token of the prompt and of the answer, how long `merv serve`
 * takes to serve its page, and what the start consists of. Run: `npx tsx build/bench/start.ts`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { bundles, ensureBuilt } from '../scripts/setup/bundle.mjs';
import { runAlone } from './alone.ts';
import { against, figure, median, table } from './measure.ts';
import { home, program, starter } from './places.ts';

const rounds = 5;
const call = promisify(execFile);
const env = { ...process.env, MERV_HOME: home };

interface Start {
  /** Milliseconds from the process's start until the prompt is about to be read, and until the answer begins. */
  readonly prefill: number;
  readonly token: number;
}

export async function run(): Promise<void> {
  console.log('\nStart: the starter model on the sample clip, every time a new process; milliseconds');
  await ensureBuilt();
  const folders = await starter();
  const features = join(folders.cache, 'features');

  await rm(features, { recursive: true, force: true });
  const cold = await askOnce();
  const kept: Start[] = [];
  const fresh: Start[] = [];
  const pages: number[] = [];
  for (let round = 0; round < rounds; round++) {
    kept.push(await askOnce());
    await rm(features, { recursive: true, force: true });
    fresh.push(await askOnce());
    pages.push(await serveOnce());
  }
  const middle = (all: readonly Start[]) => [
    median(all.map(({ prefill }) => prefill)),
    median(all.map(({ token }) => token)),
  ];
  table(
    ['merv ask', 'prefill begins', 'answer begins'],
    [
      ['first run after the build (disk cache as it is)', cold.prefill, cold.token],
      ['clip not seen before (median)', ...middle(fresh)],
      ['clip seen before (median)', ...middle(kept)],
    ],
  );
  const warm = middle(fresh)[0]!;
  console.log(`  warm start under 3 s: ${against(3000 / warm, 1)}, ${figure(warm)} ms`);
  console.log(`  merv serve, page served: ${figure(median(pages))} ms (median)`);
  await stages();
}

/** stderr says when the prompt is laid out, stdout begins with the answer. */
async function askOnce(): Promise<Start> {
  const started = performance.now();
  const child = spawn(process.execPath, [program, 'ask', '--model', 'starter', '--max-tokens', '4'], { env });
  let prefill = Number.NaN;
  let token = Number.NaN;
  child.stderr.on('data', (text: Buffer) => {
    if (text.includes('Prompt:')) prefill = performance.now() - started;
  });
  child.stdout.once('data', () => {
    token = performance.now() - started;
  });
  await ended(child);
  return { prefill, token };
}

/** Until the page with its scripts and styles is here. */
async function serveOnce(): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [program, 'serve', '--port', '0'], { env });
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const address = new URL(/http\S+/.exec(line.toString())![0]);
    const page = await (await fetch(address)).text();
    const parts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => new URL(path!, address));
    await Promise.all(parts.map(async (part) => (await fetch(part)).arrayBuffer()));
    return performance.now() - started;
  } finally {
    child.kill();
    await ended(child);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
}

/** The parts of a start, each timed alone in a new process that is bundled as the program is. */
async function stages(): Promise<void> {
  const outfile = join(fileURLToPath(new URL('../../dist', import.meta.url)), 'bench', 'start-stages.cjs');
  const options = bundles.find(({ entryPoints }) => 'dist/cli/merv' in (entryPoints as object))!;
  const entry = fileURLToPath(new URL('./start-stages.ts', import.meta.url));
  const { outdir: _, outExtension: __, ...rest } = options;
  await build({ ...rest, entryPoints: [entry], outfile });
  const taken = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    const started = performance.timeOrigin + performance.now();
    const { stdout } = await call(process.execPath, [outfile, String(started)], { env });
    const times = JSON.parse(stdout) as Readonly<Record<string, number>>;
    if (round === 0) continue;
    for (const [name, ms] of Object.entries(times)) taken.set(name, [...(taken.get(name) ?? []), ms]);
  }
  table(
    ['what a start consists of', 'ms alone'],
    [...taken].map(([name, all]) => [name, median(all)]),
  );
}

await runAlone(import.meta.url, run);
