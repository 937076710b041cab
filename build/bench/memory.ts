/**
 * What loaded graphs take of memory, each in a process of its own: what engine/answering/memory-needs.ts reckons with.
 * Run: `npx tsx build/bench/memory.ts`.
 */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fromGguf } from '../../engine/models/llama-config.ts';
import { writeLanguageModel } from '../../engine/models/write-graphs.ts';
import type { LanguageModelShape } from '../../engine/runtime/language-model.ts';
import { openGguf } from '../../engine/weights/gguf.ts';
import { withLlamaNames } from '../../engine/weights/gguf-llama.ts';
import { runAlone } from './alone.ts';
import { table } from './measure.ts';
import { keptGraph, starter, starterPart } from './places.ts';
import { realEncoders, realGraph } from './real-encoders.ts';

export type MemorySubject =
  | { readonly kind: 'encoder'; readonly file: string; readonly size: number; readonly clip: number | null }
  | { readonly kind: 'languageModel'; readonly file: string; readonly shape: LanguageModelShape };

export interface MemoryStep {
  readonly step: string;
  /** Bytes. */
  readonly rss: number;
  readonly peak: number;
}

const call = promisify(execFile);
const child = fileURLToPath(new URL('./memory-child.ts', import.meta.url));
const megabytes = (bytes: number): number => bytes / 2 ** 20;

export async function run(): Promise<void> {
  console.log(
    '\nMemory: what a loaded graph takes beside the process alone, MiB (largest so far in brackets)',
  );
  for (const real of realEncoders.filter(({ network }) => ['siglip', 'vivit'].includes(network))) {
    for (const precision of ['fp32', 'fp16', 'int8-dynamic'] as const) {
      const { file, encoder } = await realGraph(real, precision);
      const { size, clipFrames } = encoder.spec;
      await show(`${real.title} ${precision}`, { kind: 'encoder', file, size, clip: clipFrames });
    }
  }
  const { path } = await starterPart(await starter(), 'language-model');
  const gguf = await openGguf(path);
  const config = fromGguf(gguf.metadata, 4096);
  const weights = withLlamaNames(gguf, path);
  const { layers, kvHeads, hidden, rope } = config;
  for (const precision of ['fp32', 'int8', 'int4'] as const) {
    const file = await keptGraph(`smollm2-${precision}`, (target) =>
      writeLanguageModel(target, config, weights, { precision }),
    );
    const shape = { layers, kvHeads, hidden, headDim: rope.headDim };
    const perToken = 2 * layers * kvHeads * rope.headDim * 4;
    await show(`SmolLM2-135M ${precision}, ${perToken} bytes a token of context`, {
      ...{ kind: 'languageModel', file, shape },
    });
  }
  await gguf.close();
}

async function show(title: string, subject: MemorySubject): Promise<void> {
  const { size } = await stat(`${subject.file}.data`);
  const { stdout } = await call('npx', ['tsx', child, JSON.stringify(subject)], { timeout: 300_000 });
  const [nothing, ...steps] = JSON.parse(stdout.trim().split('\n').at(-1)!) as MemoryStep[];
  const cell = ({ rss, peak }: MemoryStep): string =>
    `${megabytes(rss - nothing!.rss).toFixed(0)} (${megabytes(peak - nothing!.rss).toFixed(0)})`;
  table(
    [title, `weights ${megabytes(size).toFixed(0)}, process ${megabytes(nothing!.rss).toFixed(0)}`],
    steps.map((step) => [step.step, cell(step)]),
  );
}

await runAlone(import.meta.url, run);
