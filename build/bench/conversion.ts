/**
 * Converting a MERV checkpoint of 1 GB (`.pt`, float16, weights that mean nothing) and measuring what came of it: speed
 * and the most memory that was held, each in a process of its own. Run: `npx tsx build/bench/conversion.ts`.
 */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Quality } from '../../engine/contract/models.ts';
import { runAlone } from './alone.ts';
import { decoderJson, decoderShapes } from './decoder-shapes.ts';
import { table } from './measure.ts';
import { scratch } from './places.ts';
import { writeCheckpoint } from './synthetic-checkpoint.ts';

/** 542 million parameters. */
const size = { hidden: 2048, inner: 5632, layers: 8, vocab: 32_000 };

interface Figures {
  readonly ms: number;
  /** Of the processor, on all cores: says more than `ms` where others use the machine too. */
  readonly processorMs: number;
  /** Bytes of the process's largest size so far. */
  readonly peak: number;
}

export interface ConversionFigures {
  readonly conversion: Figures & { readonly before: number };
  readonly measuring: Figures;
  readonly bytes: number;
  readonly quality: Quality;
}

const call = promisify(execFile);
const child = fileURLToPath(new URL('./conversion-child.ts', import.meta.url));
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

export async function run(): Promise<void> {
  const path = join(scratch, 'conversion', 'checkpoint.pt');
  await writeCheckpoint(path, decoderShapes(size));
  const { size: bytes } = await stat(path);
  console.log(`\nConversion: a MERV checkpoint of ${(bytes / 1e9).toFixed(2)} GB`);
  const rows: (string | number)[][] = [];
  let before = 0;
  for (const precision of ['fp16', 'int8', 'int4'] as const) {
    const arguments_ = ['tsx', child, path, JSON.stringify(decoderJson(size)), precision];
    const { stdout } = await call('npx', arguments_, { timeout: 1_800_000 });
    const figures = JSON.parse(stdout.trim().split('\n').at(-1)!) as ConversionFigures;
    const { conversion, measuring } = figures;
    const perSecond = (ms: number): number => bytes / 1e3 / ms;
    const row = ({ ms, processorMs, peak }: Figures) => [perSecond(ms), processorMs / 1000, mib(peak)];
    rows.push([precision, ...row(conversion), ...row(measuring), mib(figures.bytes)]);
    before = conversion.before;
  }
  const largest = Math.max(
    ...[...decoderShapes(size).values()].map((shape) => shape.reduce((a, b) => a * b)),
  );
  table(['to', 'MB/s', 'processor s', 'peak RSS', 'measuring MB/s', 'processor s', 'peak RSS', 'part'], rows);
  console.log(
    `  the largest tensor is ${mib(4 * largest)} as float32; the process alone takes ${mib(before)}`,
  );
}

await runAlone(import.meta.url, run);
