import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { Preflight, Saving, TrainConfig } from '../contract/training.ts';
import { freeBytes } from '../store/disk.ts';
import { writeFileWhole } from '../store/write-file.ts';
import { AdamW } from '../training/adam-w.ts';
import { chunks } from '../training/chunks.ts';
import type { Example } from '../training/example.ts';
import { trainStep } from '../training/train-step.ts';
import type { TrainingModel } from '../training/training-model.ts';
import { type DataRow, readDataSet, reportOf } from './data-set.ts';
import { keptOutOf, whyUnfit } from './examples.ts';
import { firstBatch, type TokenisedRow } from './first-batch.ts';
import { withOriginals } from './originals.ts';
import { expectedOf } from './outcome.ts';
import { planOf, stepsOf } from './plan.ts';
import { type PreflightEvent, preflightFile } from './preflight-event.ts';
import { noExample, openWorkbench, rowTokens, type Workbench } from './prepare.ts';
import { readConfig, readOriginals } from './run-folder.ts';
import { savingsFor } from './savings.ts';
import { loadTrainable } from './trainable.ts';
import type { TrainerOptions } from './trainer.ts';

/** Runs the largest batch once, in this process, and writes what it took. */
export async function runPreflight(options: TrainerOptions): Promise<void> {
  const { folder } = options;
  const write = (event: PreflightEvent): void =>
    writeFileWhole(join(folder, preflightFile), JSON.stringify(event));
  let savings: Saving[] = [];
  try {
    const preflight = await measure(options, (detail, known = savings) => {
      savings = known;
      write({ kind: 'progress', detail, savings });
    });
    write({ kind: 'done', preflight });
  } catch (error) {
    const expected = expectedOf(error);
    if (expected === null) throw error;
    write({ kind: 'failed', error: expected.toData(), savings });
  }
}

interface Sized extends TokenisedRow {
  readonly length: number;
}

async function measure(
  { folder, modelsFolder, featuresFolder, torch: load, signal }: TrainerOptions,
  say: (detail: string, savings?: Saving[]) => void,
): Promise<Preflight> {
  const config = readConfig(folder);
  say('Reading the data set');
  const dataSet = await readDataSet(config.data);
  say('Loading the training engine');
  const torch = load(config);
  return withOriginals(readOriginals(folder), async (parts) => {
    const bench = await openWorkbench({ torch, modelsFolder, featuresFolder, parts, config, signal });
    const candidates = sizedRows(bench, dataSet.rows);
    say('Encoding clips of the first batch');
    const first = await firstBatch(bench, candidates);
    await bench.releaseEncoders();
    const sized = first.usable;
    const problems = [...dataSet.problems, ...first.problems];
    const bad = new Set(first.problems.map(({ row }) => row));
    if (sized.length === 0)
      throw noExample(
        config,
        problems.map(({ sentence }) => sentence),
      );
    const savings = savingsFor(parts, config, Math.max(...sized.map(({ length }) => length)));
    say('Loading the original weights', savings);
    const model = await loadTrainable(torch, parts, config);
    say('Computing the largest batch');
    const step = largestStep(model, config, sized, bench.begin);
    const keptOut = keptOutOf(sized.length, config.evaluation.fraction);
    const steps = stepsOf(config, sized.length - keptOut);
    const { parameters } = model;
    const count = (names: readonly string[]) =>
      names.reduce((sum, name) => sum + parameters.get(name).shape.reduce((a, b) => a * b, 1), 0);
    const trainableParameters = count(parameters.trainable());
    const clips = new Set(sized.flatMap(({ row }) => (row.media === null ? [] : [clipName(row)])));
    const kept = config.checkpoints.keepLast + (config.checkpoints.keepBest ? 1 : 0);
    const features = model.spec.encoders.reduce((sum, { shape: [f, t, w] }) => sum + 4 * f * t * w, 0);
    const diskBytes = clips.size * features + (kept + 1) * 3 * 4 * trainableParameters;
    const freeDiskBytes = await freeBytes(folder);
    const totalMemoryBytes = totalmem();
    return {
      data: reportOf({ rows: dataSet.rows.filter(({ index }) => !bad.has(index)), problems }),
      firstBatch: first.examples,
      trainableParameters,
      totalParameters: count(parameters.names()),
      steps,
      memoryBytes: step.memoryBytes,
      totalMemoryBytes,
      secondsPerStep: step.seconds,
      secondsToEncode: first.secondsPerClip * clips.size,
      secondsToTrain: step.seconds * steps,
      diskBytes,
      freeDiskBytes,
      savings,
      problems:
        freeDiskBytes !== null && freeDiskBytes < diskBytes
          ? [
              {
                sentence: 'The disk has not enough space for features and checkpoints.',
                remedy: 'Free some space, or keep fewer checkpoints.',
              },
            ]
          : [],
      warnings: warningsOf(candidates, dataSet.rows.length, step.memoryBytes, totalMemoryBytes),
    };
  });
}

function sizedRows(bench: Workbench, rows: readonly DataRow[]): readonly Sized[] {
  return rows.flatMap((row) => {
    const tokens = rowTokens(bench, row.row);
    if (whyUnfit(tokens) !== null) return [];
    return [{ ...tokens, row, length: tokens.ids.length + (row.media === null ? 0 : bench.visualTokens) }];
  });
}

/** The longest examples as one batch, with features that are all zero: what they cost does not depend on values. */
function largestStep(model: TrainingModel, config: TrainConfig, sized: readonly Sized[], begin: 0 | 1) {
  const longest = [...sized].sort((a, b) => b.length - a.length).slice(0, config.batch);
  const examples = longest.map(({ row, ids, labels, place }): Example => {
    const features =
      row.media === null
        ? null
        : model.spec.encoders.map(({ shape: [f, t, w] }) => new Float32Array(f * t * w));
    return { ids, labels, features, ...(place === undefined ? {} : { place }) };
  });
  const micro = chunks(examples, config.microBatch);
  const plan = planOf(config, 1, begin);
  const optimiser = new AdamW(model.parameters, plan.optimiser);
  // At a rate of 0: with moments, which the first update makes.
  trainStep(model, optimiser, micro, 0, plan.step);
  const started = performance.now();
  trainStep(model, optimiser, micro, 0, plan.step);
  const seconds = (performance.now() - started) / 1000;
  optimiser.release();
  return { seconds, memoryBytes: process.resourceUsage().maxRSS * 1024 };
}

function clipName({ media, row }: DataRow): string {
  return JSON.stringify([media, row.clip ?? null]);
}

function warningsOf(
  sized: readonly Sized[],
  rows: number,
  memoryBytes: number,
  totalMemoryBytes: number,
): string[] {
  const cut = sized.filter((row) => row.cut > 0).length;
  const unfit = rows - sized.length;
  return [
    ...(cut > 0 ? [`${cut} examples are longer than the maximum length and are cut.`] : []),
    ...(unfit > 0
      ? [`${unfit} examples have nothing to learn within the maximum length; they are left out.`]
      : []),
    ...(memoryBytes > 0.9 * totalMemoryBytes
      ? ['A step takes nearly all memory of this machine: other programs may slow it down, or end it.']
      : []),
  ];
}
