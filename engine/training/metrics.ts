import { appendFile, readFile } from 'node:fs/promises';
import * as z from 'zod';
import { writeFileWhole } from '../store/write-file.ts';

/** Steps that the smoothed loss looks back (merv/training/metrics.py `window_size`). */
const window = 128;

const recordSchema = z.object({
  step: z.number(),
  /** Of the step alone. */
  loss: z.number(),
  /** That the step was made with. */
  learningRate: z.number(),
  gradientNorm: z.number(),
  tokens: z.number(),
  /** Of the whole step. */
  ms: z.number(),
  mixing: z.array(z.number()).nullable(),
});
/** What is known of one step. */
export type StepRecord = z.infer<typeof recordSchema>;

/**
 * A run's metrics.jsonl: one line a step, our fields and the reference's keys ("Align/Step", "Align/Loss" smoothed, …).
 * "Learning Rate" is the next step's there, as the reference reports it.
 */
export class Metrics {
  private readonly file: string;
  private readonly stage: string;
  private readonly losses: number[];
  private readonly times: number[];

  private constructor(file: string, stage: string, before: readonly StepRecord[]) {
    this.file = file;
    this.stage = stage;
    this.losses = before.map(({ loss }) => loss).slice(-window);
    this.times = before.map(({ ms }) => ms / 1000).slice(-window);
  }

  /** Opens or begins the file; lines after `step` are dropped: their updates are lost and will be made again. */
  static async open(file: string, stage: string, step: number): Promise<Metrics> {
    const text = await readFile(file, 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => line !== '');
    const kept = lines.flatMap((line) => {
      const record = readRecord(line);
      return record !== null && record.step <= step ? [{ line, record }] : [];
    });
    if (kept.length < lines.length || !/^$|\n$/.test(text)) {
      writeFileWhole(file, kept.map(({ line }) => `${line}\n`).join(''));
    }
    return new Metrics(
      file,
      stage,
      kept.map(({ record }) => record),
    );
  }

  async add(
    record: StepRecord,
    next: { readonly learningRate: number; readonly stepsLeft: number },
  ): Promise<void> {
    this.losses.push(record.loss);
    this.times.push(record.ms / 1000);
    for (const values of [this.losses, this.times]) if (values.length > window) values.shift();
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const prefix = this.stage.charAt(0).toUpperCase() + this.stage.slice(1);
    const line = {
      ...record,
      [`${prefix}/Step`]: record.step,
      [`${prefix}/Loss`]: mean(this.losses),
      [`${prefix}/Loss (Raw)`]: record.loss,
      [`${prefix}/Learning Rate`]: next.learningRate,
      [`${prefix}/Step Time`]: mean(this.times),
      [`${prefix}/Left Time`]: (mean(this.times) * next.stepsLeft) / 3600,
    };
    await appendFile(this.file, `${JSON.stringify(line)}\n`);
  }
}

function readRecord(line: string): StepRecord | null {
  try {
    return recordSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
