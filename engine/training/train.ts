import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import type { RecipeName, RunStep } from '../contract/training.ts';
import { sweepPartial } from '../store/partial.ts';
import { AdamW, type AdamWOptions } from './adam-w.ts';
import {
  checkpointsFolder,
  keepLast,
  listCheckpoints,
  restoreCheckpoint,
  saveCheckpoint,
} from './checkpoint.ts';
import { chunks } from './chunks.ts';
import { type RowSize, shuffledOrder, splitModalityOrder } from './data/order.ts';
import type { Example } from './example.ts';
import { Metrics } from './metrics.ts';
import { learningRate } from './schedule.ts';
import { evaluate, type StepOptions, trainStep } from './train-step.ts';
import type { TrainingModel } from './training-model.ts';

export interface TrainingPlan {
  /** Metrics are called by it. */
  readonly stage: RecipeName;
  readonly steps: number;
  /** Examples of one update, and of one pass through the model. */
  readonly batch: number;
  readonly microBatch: number;
  readonly peakRate: number;
  readonly warmupRatio: number;
  readonly optimiser: AdamWOptions;
  readonly step: StepOptions;
  readonly order: 'shuffled' | 'split-modality';
  readonly seed: number;
  /** A checkpoint every so many steps, and at the end; the last so many are kept, and the best where `keepBest`. */
  readonly saveEvery: number;
  readonly keepLast: number;
  readonly keepBest: boolean;
  /** Ends after so many checkpoints without a better loss on the examples kept out; null never does. */
  readonly patience: number | null;
}

/** What is trained on; an example is asked for when its batch comes. */
export interface TrainingData {
  readonly rows: readonly RowSize[];
  /** Names rows, features and everything else that decides what an example is. */
  readonly hash: string;
  example(row: number): Promise<Example>;
  /** What people know it by; its number otherwise. */
  nameOf?(row: number): string;
  /** Examples kept out of training, by their numbers for `example`; a loss on them goes with every checkpoint. */
  readonly keptOut: readonly number[];
}

export interface TrainingRun {
  readonly model: TrainingModel;
  readonly plan: TrainingPlan;
  readonly data: TrainingData;
  /** The run's folder: metrics.jsonl, tensorboard/, checkpoints/. */
  readonly folder: string;
  /** Asked after every step, with its number: `pause` saves a checkpoint and returns. */
  readonly wants: (step: number) => 'go on' | 'pause';
  readonly onStep: (record: RunStep) => void;
  /** Awaited after every regular checkpoint: the model as it stands may be looked at. */
  readonly onCheckpoint?: (step: number) => Promise<void>;
}

export interface TrainingOutcome {
  /** `stopped`: no better for as long as the plan's patience. */
  readonly kind: 'finished' | 'stopped' | 'paused';
  readonly step: number;
  readonly checkpoint: string | null;
}

/**
 * Trains from the run's last checkpoint, or from the start where there is none. Which rows a step sees and at what rate
 * depends on the plan and the step's number alone, so that a run that was killed goes on as if it had not been. Throws
 * ExpectedError 'training_diverged' (the last checkpoint stays), 'disk_full', and TensorError 'memory'.
 */
export async function train(run: TrainingRun): Promise<TrainingOutcome> {
  const { model, plan, data, folder } = run;
  const checkpoints = join(folder, checkpointsFolder);
  await mkdir(checkpoints, { recursive: true });
  sweepPartial(checkpoints);
  // How often is saved does not change what is learned.
  const recipe = JSON.stringify([
    { ...plan, saveEvery: 0, keepLast: 0, keepBest: false, patience: null },
    data.hash,
  ]);
  const rowsOf = batches(plan, data.rows);
  const optimiser = new AdamW(model.parameters, plan.optimiser);
  try {
    const last = (await listCheckpoints(checkpoints)).at(-1);
    let step = 0;
    if (last !== undefined) {
      ({ step } = await restoreCheckpoint(last.folder, model.parameters, optimiser, recipe));
    }
    const metrics = await Metrics.open(folder, plan.stage, step);
    const schedule = { peak: plan.peakRate, steps: plan.steps, warmupRatio: plan.warmupRatio };
    let checkpoint = last?.folder ?? null;
    while (step < plan.steps) {
      step++;
      const started = performance.now();
      const rows = rowsOf(step);
      const examples: Example[] = [];
      for (const row of rows) examples.push(await data.example(row));
      const rate = learningRate(schedule, step);
      const result = trainStep(model, optimiser, chunks(examples, plan.microBatch), rate, plan.step);
      if (!Number.isFinite(result.loss) || !Number.isFinite(result.gradientNorm))
        throw diverged(
          step,
          rows.map((row) => data.nameOf?.(row) ?? String(row)),
        );
      const stepsLeft = plan.steps - step;
      const pause = run.wants(step) === 'pause';
      // Where it is paused must not show in what follows, patience among it: nothing is evaluated for a pause alone.
      const regular = stepsLeft === 0 || step % plan.saveEvery === 0;
      const saves = pause || regular;
      const record: RunStep = {
        step,
        loss: result.loss,
        lr: rate,
        gradNorm: result.gradientNorm,
        ms: performance.now() - started,
        lossTokens: result.lossTokens,
        tokens: result.tokens,
        memoryBytes: process.memoryUsage.rss(),
        mixing: result.mixing === null ? null : [...result.mixing],
        evalLoss: regular ? await lossOnKeptOut(run) : null,
      };
      await metrics.add(record, { lr: learningRate(schedule, step + 1), stepsLeft });
      run.onStep(record);
      if (!saves) continue;
      const state = { step, loss: result.loss, recipe };
      checkpoint = await saveCheckpoint(checkpoints, model.parameters, optimiser, state);
      const { best } = metrics;
      await keepLast(checkpoints, plan.keepLast, new Set(plan.keepBest && best !== null ? [best.step] : []));
      if (regular) await run.onCheckpoint?.(step);
      if (stepsLeft === 0) break;
      if (pause) return { kind: 'paused', step, checkpoint };
      if (plan.patience !== null && best !== null && best.since >= plan.patience) {
        return { kind: 'stopped', step, checkpoint };
      }
    }
    return { kind: 'finished', step, checkpoint };
  } finally {
    optimiser.release();
  }
}

/** Null where no examples are kept out. */
async function lossOnKeptOut({ model, plan, data }: TrainingRun): Promise<number | null> {
  let sum = 0;
  let count = 0;
  for (const rows of chunks(data.keptOut, plan.microBatch)) {
    const examples: Example[] = [];
    for (const row of rows) examples.push(await data.example(row));
    const part = evaluate(model, examples, plan.step);
    sum += part.sum;
    count += part.count;
  }
  return count === 0 ? null : sum / count;
}

/** Rows of a step, 1 and on. Every epoch has as many steps: rows are filled up to whole batches. */
export function batches(
  plan: Pick<TrainingPlan, 'order' | 'batch' | 'seed'>,
  rows: readonly RowSize[],
): (step: number) => readonly number[] {
  const orderOf = (epoch: number) =>
    plan.order === 'shuffled'
      ? shuffledOrder(rows.length, plan.batch, plan.seed, epoch)
      : splitModalityOrder(rows, plan.batch, plan.seed, epoch);
  let current = { epoch: 0, order: orderOf(0) };
  const steps = current.order.length / plan.batch;
  return (step) => {
    const epoch = Math.floor((step - 1) / steps);
    if (epoch !== current.epoch) current = { epoch, order: orderOf(epoch) };
    const place = (step - 1) % steps;
    return current.order.slice(place * plan.batch, (place + 1) * plan.batch);
  };
}

function diverged(step: number, rows: readonly string[]): ExpectedError {
  return new ExpectedError(
    'training_diverged',
    `The loss or its gradient is no number at step ${step}, with examples ${rows.join(', ')} of the data set.`,
    'Lower the learning rate or look at these examples; the last checkpoint is kept.',
  );
}
