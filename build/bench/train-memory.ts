/**
 * What computing blocks again and the loss in chunks save of memory, and what they cost: each in a process of its own.
 * Run: `npx tsx build/bench/train-memory.ts`.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { threadCount } from '../../engine/runtime/session.ts';
import { runAlone } from './alone.ts';
import { table } from './measure.ts';

export type TrainMemorySubject = { readonly threads: number } & (
  | {
      readonly kind: 'step';
      readonly layers: number;
      readonly tokens: number;
      readonly checkpointing: boolean;
    }
  | { readonly kind: 'loss'; readonly rows: number; readonly vocab: number; readonly chunked: boolean }
);

export interface TrainMemory {
  /** Processor time of one. */
  readonly cpu: number;
  /** Bytes above weights, gradients and moments. */
  readonly peak: number;
}

const call = promisify(execFile);
const child = fileURLToPath(new URL('./train-memory-child.ts', import.meta.url));
const threads = threadCount();

async function measured(subject: TrainMemorySubject): Promise<TrainMemory> {
  const { stdout } = await call('npx', ['tsx', child, JSON.stringify(subject)], { timeout: 900_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as TrainMemory;
}

export async function run(): Promise<void> {
  console.log('\nMemory of a training step, fp32, 576 wide');
  const [layers, tokens] = [8, 512];
  const [kept, again] = [
    await measured({ kind: 'step', threads, layers, tokens, checkpointing: false }),
    await measured({ kind: 'step', threads, layers, tokens, checkpointing: true }),
  ];
  compare(`${layers} layers, ${tokens} tokens, everything learns`, 'kept', kept, 'computed again', again);
  const [rows, vocab] = [1024, 49_152];
  const [whole, chunked] = [
    await measured({ kind: 'loss', threads, rows, vocab, chunked: false }),
    await measured({ kind: 'loss', threads, rows, vocab, chunked: true }),
  ];
  compare(`loss of ${rows} tokens over ${vocab} ids`, 'at once', whole, 'in chunks', chunked);
}

function compare(title: string, one: string, a: TrainMemory, other: string, b: TrainMemory): void {
  const megabytes = ({ peak }: TrainMemory) => peak / 2 ** 20;
  table(
    [title, one, other, `${other} ÷ ${one}`],
    [
      [
        'peak above weights, gradients, moments, MiB',
        megabytes(a),
        megabytes(b),
        (b.peak / a.peak).toFixed(2),
      ],
      ['processor time, ms', a.cpu, b.cpu, (b.cpu / a.cpu).toFixed(2)],
    ],
  );
}

await runAlone(import.meta.url, run);
