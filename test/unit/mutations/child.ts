import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExpectedError } from '../../../engine/contract/errors.ts';
import type { Format } from './formats.ts';
import { formatsIn } from './formats.ts';
import { seeded } from './random.ts';

/**
 * Reads damaged files, in a process of its own so that an abort or a hang is seen from outside.
 * Arguments: format, first seed, number of seeds, scratch folder, fixtures folder, most bytes of memory.
 * Writes where it is into `current`, and one line of JSON a failure into `failures`.
 */
const [name = '', first = '0', count = '0', scratch = '', fixtures = '', memory = '0'] =
  process.argv.slice(2);
const longestMs = 2000;

export interface Failure {
  readonly seed: number;
  readonly what: string;
  readonly damage: readonly string[];
}

const tally = { values: 0, refusals: 0 };
let current: { readonly seed: number; readonly damage: readonly string[] } = { seed: -1, damage: [] };

function fail(what: string): void {
  const failure: Failure = { ...current, what };
  appendFileSync(join(scratch, 'failures'), `${JSON.stringify(failure)}\n`);
}

process.on('unhandledRejection', (reason) => fail(`unhandled rejection: ${describe(reason)}`));
process.on('uncaughtException', (error) => fail(`uncaught: ${describe(error)}`));

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).slice(0, 1500) : String(error);
}

/** One damaged file, always the same for its seed. */
function damaged(format: Format, seed: number): { base: number; bytes: Buffer; damage: string[] } {
  const random = seeded(seed);
  const base = random.below(format.bases.length);
  let bytes = format.bases[base] ?? Buffer.alloc(0);
  const damage: string[] = [`base ${base}`];
  for (let left = random.pick([1, 1, 1, 2, 3]); left > 0; left--) {
    bytes = random.pick(format.mutations)(bytes, random, (what) => damage.push(what));
  }
  return { base, bytes, damage };
}

/** Its time in milliseconds. */
async function read(format: Format, bytes: Buffer, base: number): Promise<number> {
  const before = performance.now();
  try {
    await format.read(bytes, base);
    tally.values++;
  } catch (error) {
    const refused = error instanceof ExpectedError && error.remedy !== '';
    if (!refused) fail(describe(error));
    else if (error.message.length > 3000) fail(`a sentence of ${error.message.length} characters`);
    tally.refusals++;
  }
  return performance.now() - before;
}

async function main(): Promise<void> {
  const format = formatsIn(scratch, fixtures)[name]?.();
  if (!format) throw new Error(`no format ${name}`);
  for (const [base, bytes] of format.bases.entries()) {
    await format.read(bytes, base).catch((error) => fail(`the sound file ${base}: ${describe(error)}`));
  }
  for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
    const { base, bytes, damage } = damaged(format, seed);
    current = { seed, damage };
    writeFileSync(join(scratch, 'current'), JSON.stringify(current));
    const ms = await read(format, bytes, base);
    // A machine busy with other work is slow once; a reader that is slow is so twice.
    if (ms > longestMs) {
      const again = await read(format, bytes, base);
      if (again > longestMs) fail(`took ${Math.round(ms)} ms and ${Math.round(again)} ms`);
    }
    const { maxRSS } = process.resourceUsage();
    if (maxRSS * 1024 > Number(memory)) {
      fail(`the process came to ${Math.round(maxRSS / 1024)} MiB`);
      // The highest mark stays: whatever follows needs a new process.
      break;
    }
  }
  console.log(JSON.stringify({ ...tally, maxRss: process.resourceUsage().maxRSS * 1024 }));
}

void main();
