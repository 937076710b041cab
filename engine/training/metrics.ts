import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunStep, runStepSchema } from '../contract/training.ts';
import { EventFile } from './event-file.ts';
import { keepSteps } from './step-lines.ts';

/** In a run's folder. */
export const metricsFile = 'metrics.jsonl';

/** Steps that the smoothed loss looks back (merv/training/metrics.py `window_size`). */
const window = 128;

/** The best loss on the examples kept out so far, and how many evaluations came after it. */
export interface Best {
  readonly loss: number;
  readonly step: number;
  readonly since: number;
}

/**
 * A run's metrics.jsonl: one line a step, the contract's fields and the reference's keys ("Align/Step", "Align/Loss"
 * smoothed, …). "Learning Rate" is the next step's there, as the reference reports it. The same values, with the gradient's
 * norm and the loss on what was kept out, go to TensorBoard's files beside it.
 */
export class Metrics {
  private readonly file: string;
  private readonly events: EventFile;
  private readonly stage: string;
  private readonly losses: number[];
  private readonly times: number[];
  private bestSoFar: Best | null = null;

  private constructor(file: string, events: EventFile, stage: string, before: readonly RunStep[]) {
    this.file = file;
    this.events = events;
    this.stage = stage;
    this.losses = before.map(({ loss }) => loss).slice(-window);
    this.times = before.map(({ ms }) => ms / 1000).slice(-window);
    for (const record of before) this.judge(record);
  }

  /**
   * Opens or begins the files of a run's folder; what they say of steps after `step` is dropped: their updates are lost and
   * will be made again.
   */
  static async open(folder: string, stage: string, step: number): Promise<Metrics> {
    const file = join(folder, metricsFile);
    const before = keepSteps(file, runStepSchema, step);
    const events = await EventFile.create(join(folder, 'tensorboard'), step + 1);
    return new Metrics(file, events, stage, before);
  }

  /** Null where nothing was evaluated yet. */
  get best(): Best | null {
    return this.bestSoFar;
  }

  async add(record: RunStep, next: { readonly lr: number; readonly stepsLeft: number }): Promise<void> {
    this.judge(record);
    this.losses.push(record.loss);
    this.times.push(record.ms / 1000);
    for (const values of [this.losses, this.times]) if (values.length > window) values.shift();
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const prefix = this.stage.charAt(0).toUpperCase() + this.stage.slice(1);
    const values = {
      [`${prefix}/Step`]: record.step,
      [`${prefix}/Loss`]: mean(this.losses),
      [`${prefix}/Loss (Raw)`]: record.loss,
      [`${prefix}/Learning Rate`]: next.lr,
      [`${prefix}/Step Time`]: mean(this.times),
      [`${prefix}/Left Time`]: (mean(this.times) * next.stepsLeft) / 3600,
    };
    await appendFile(this.file, `${JSON.stringify({ ...record, ...values })}\n`);
    await this.events.add(record.step, {
      ...values,
      [`${prefix}/Gradient Norm`]: record.gradNorm,
      ...(record.evalLoss === null ? {} : { [`${prefix}/Evaluation Loss`]: record.evalLoss }),
    });
  }

  private judge({ step, evalLoss }: RunStep): void {
    if (evalLoss === null) return;
    const best = this.bestSoFar;
    this.bestSoFar =
      best === null || evalLoss < best.loss
        ? { loss: evalLoss, step, since: 0 }
        : { ...best, since: best.since + 1 };
  }
}
