import { totalmem } from 'node:os';
import { join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import type { BatchExample, Preflight, TrainConfig } from '../contract/training.ts';
import { freeBytes } from '../store/disk.ts';
import { writeFileWhole } from '../store/write-file.ts';
import { AdamW } from '../training/adam-w.ts';
import { type Example, ignored } from '../training/example.ts';
import { trainStep } from '../training/train-step.ts';
import type { TrainingModel } from '../training/training-model.ts';
import { type DataRow, readDataSet, reportOf } from './data-set.ts';
import { clipOf, keptOutOf, tokensOf, whyUnfit } from './examples.ts';
import { withOriginals } from './originals.ts';
import { expectedOf } from './outcome.ts';
import { planOf, stepsOf } from './plan.ts';
import { type PreflightEvent, preflightFile } from './preflight-event.ts';
import { openWorkbench, type Workbench } from './prepare.ts';
import { readConfig, readOriginals } from './run-folder.ts';
import { savingsFor } from './savings.ts';
import { loadTrainable } from './trainable.ts';
import type { TrainerOptions } from './trainer.ts';

/** Shown of the first batch. */
const shownExamples = 8;

/** Runs the largest batch once, in this process, and writes what it took. */
export async function runPreflight(options: TrainerOptions): Promise<void> {
  const { folder } = options;
  const write = (event: PreflightEvent): void =>
    writeFileWhole(join(folder, preflightFile), JSON.stringify(event));
  try {
    const preflight = await measure(options, (detail) => write({ kind: 'progress', detail }));
    write({ kind: 'done', preflight });
  } catch (error) {
    const expected = expectedOf(error);
    if (expected === null) throw error;
    write({ kind: 'failed', error: expected.toData() });
  }
}

interface Sized {
  readonly row: DataRow;
  readonly ids: readonly number[];
  readonly labels: readonly number[];
  readonly place?: number;
  readonly cut: number;
  readonly length: number;
}

async function measure(
  { folder, modelsFolder, featuresFolder, torch: load, signal }: TrainerOptions,
  say: (detail: string) => void,
): Promise<Preflight> {
  const config = readConfig(folder);
  say('Reading the data set');
  const dataSet = await readDataSet(config.data);
  say('Loading the training engine');
  const torch = load(config);
  return withOriginals(readOriginals(folder), async (parts) => {
    const bench = await openWorkbench({ torch, modelsFolder, featuresFolder, parts, config, signal });
    const sized = sizedRows(bench, dataSet.rows);
    if (sized.length === 0) {
      throw new ExpectedError(
        'bad_request',
        `The data set ${config.data.file} has no example that can be used${dataSet.problems[0] === undefined ? '' : `: ${dataSet.problems[0].sentence}`}`,
        'Correct the data set.',
      );
    }
    say('Encoding clips of the first batch');
    const first = await firstBatch(bench, sized);
    await bench.releaseEncoders();
    say('Loading the original weights');
    const model = await loadTrainable(torch, parts, config);
    say('Computing the largest batch');
    const step = largestStep(model, config, sized, bench.tokenizer.bosId === null ? 0 : 1);
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
      data: reportOf(dataSet),
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
      savings: savingsFor(model, config, Math.max(...sized.map(({ length }) => length))),
      problems:
        freeDiskBytes !== null && freeDiskBytes < diskBytes
          ? [
              {
                sentence: 'The disk has not enough space for features and checkpoints.',
                remedy: 'Free some space, or keep fewer checkpoints.',
              },
            ]
          : [],
      warnings: warningsOf(sized, dataSet.rows.length, step.memoryBytes, totalMemoryBytes),
    };
  });
}

function sizedRows({ tokenizer, model, config }: Workbench, rows: readonly DataRow[]): readonly Sized[] {
  const visual = model.visual?.spec.tokens ?? 0;
  return rows.flatMap((row) => {
    const tokens = tokensOf(row.row, tokenizer, model.bundle.prompt, config, visual);
    if (whyUnfit(tokens) !== null) return [];
    return [{ ...tokens, row, length: tokens.ids.length + (row.media === null ? 0 : visual) }];
  });
}

/** As the model sees them; says how long a clip took to encode, 0 where all were kept from before. */
async function firstBatch(bench: Workbench, sized: readonly Sized[]) {
  const examples: BatchExample[] = [];
  let seconds = 0;
  let computed = 0;
  for (const { row, ids, labels, cut } of sized.slice(0, Math.min(bench.config.batch, shownExamples))) {
    const started = performance.now();
    const clip = row.media === null ? null : await (await bench.encoder()).encode(row.media, clipOf(row.row));
    if (clip?.computed === true) {
      seconds += (performance.now() - started) / 1000;
      computed++;
    }
    examples.push({
      id: String(row.row.id ?? row.index + 1),
      media: row.media,
      frames: (clip?.frames ?? []).map(({ encoder, frames }) => ({
        encoder,
        seconds: frames.map((frame) => frame.seconds),
      })),
      visualTokens: clip === null ? 0 : (bench.model.visual?.spec.tokens ?? 0),
      tokens: ids.length,
      pieces: piecesOf(bench, ids, labels),
      cut,
    });
  }
  return { examples, secondsPerClip: computed === 0 ? 0 : seconds / computed };
}

/** Ids with and without loss, in turns, as text. */
function piecesOf(
  { tokenizer }: Workbench,
  ids: readonly number[],
  labels: readonly number[],
): BatchExample['pieces'] {
  const pieces: { ids: number[]; learned: boolean }[] = [];
  for (const [i, id] of ids.entries()) {
    const learned = labels[i] !== ignored;
    const last = pieces.at(-1);
    if (last?.learned === learned) last.ids.push(id);
    else pieces.push({ ids: [id], learned });
  }
  return pieces.map((piece) => ({ text: tokenizer.decode(piece.ids), learned: piece.learned }));
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
  const micro: Example[][] = [];
  for (let at = 0; at < examples.length; at += config.microBatch) {
    micro.push(examples.slice(at, at + config.microBatch));
  }
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
