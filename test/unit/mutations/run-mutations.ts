import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Failure } from './child.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));
/** What the child may take, its own code included; a sound file of these needs some 100 MiB. */
const mostMemory = 512 << 20;
const hangMs = 20_000;
const mostFailures = 10;

export interface Outcome {
  readonly values: number;
  readonly refusals: number;
  readonly maxRss: number;
  readonly failures: readonly Failure[];
}

/** Files in memory where there is such a folder. */
function scratchFolder(): string {
  try {
    return mkdtempSync('/dev/shm/mutations-');
  } catch {
    return mkdtempSync(join(tmpdir(), 'mutations-'));
  }
}

/**
 * Reads `count` damaged files of a format in child processes; the engine's code is bundled as it is shipped. A child
 * that dies or stands still is a failure of the seed it was at, and the next child goes on behind it.
 */
export async function runMutations(format: string, first: number, count: number): Promise<Outcome> {
  const scratch = scratchFolder();
  const program = join(scratch, 'child.cjs');
  try {
    await build({
      entryPoints: [join(here, 'child.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node16',
      logLevel: 'error',
    });
    const outcome = { values: 0, refusals: 0, maxRss: 0, failures: [] as Failure[] };
    for (let seed = first; seed < first + count && outcome.failures.length < mostFailures; ) {
      const files = join(scratch, `from-${seed}`);
      mkdirSync(files);
      const child = await runChild(
        [program, format, seed, first + count - seed, files, fixtures, mostMemory],
        files,
      );
      outcome.values += child.tally.values;
      outcome.refusals += child.tally.refusals;
      outcome.maxRss = Math.max(outcome.maxRss, child.tally.maxRss);
      outcome.failures.push(...child.failures);
      const current = child.current ?? { seed, damage: [] };
      if (child.problem) outcome.failures.push({ ...current, what: child.problem });
      seed = current.seed + 1;
    }
    return outcome;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

type Current = Pick<Failure, 'seed' | 'damage'>;

interface Child {
  /** The last one begun; null where there was none. */
  readonly current: Current | null;
  readonly tally: { readonly values: number; readonly refusals: number; readonly maxRss: number };
  readonly failures: readonly Failure[];
  readonly problem: string | null;
}

function runChild(args: readonly (string | number)[], files: string): Promise<Child> {
  const node = [process.execPath, '--max-old-space-size=400', ...args.map(String)];
  // Where it can be had, memory that is asked for and not yet used is held against it too.
  const limited =
    process.platform === 'linux' ? ['sh', '-c', 'ulimit -d 2097152; exec "$@"', 'sh', ...node] : node;
  const [command = '', ...rest] = limited;
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { out: '', error: '' };
  child.stdout.on('data', (piece: Buffer) => {
    output.out += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    output.error = (output.error + piece.toString()).slice(-2000);
  });
  let at = '';
  let since = Date.now();
  let hung = false;
  const watch = setInterval(() => {
    const now = text(join(files, 'current'));
    if (now !== at) [at, since] = [now, Date.now()];
    else if (Date.now() - since > hangMs) {
      hung = true;
      child.kill('SIGKILL');
    }
  }, 250);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearInterval(watch);
      const current = text(join(files, 'current'));
      const lines = text(join(files, 'failures')).split('\n').filter(Boolean);
      const whole = code === 0 && output.out !== '';
      const end = hung
        ? `stood still for ${hangMs} ms`
        : `ended with ${code ?? signal} before it was done: ${output.error}`;
      resolve({
        current: current === '' ? null : (JSON.parse(current) as Current),
        tally: whole ? JSON.parse(output.out) : { values: 0, refusals: 0, maxRss: 0 },
        failures: lines.map((line) => JSON.parse(line) as Failure),
        problem: whole ? null : end,
      });
    });
  });
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
