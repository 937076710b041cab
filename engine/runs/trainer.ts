import { randomBytes } from 'node:crypto';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import { type RunSample, type RunStep, runSampleSchema, type TrainConfig } from '../contract/training.ts';
import type { Torch } from '../native/torch.ts';
import { sweepPartial } from '../store/partial.ts';
import { recipes } from '../training/recipes/recipe.ts';
import { keepSteps } from '../training/step-lines.ts';
import { type TrainingOutcome, train } from '../training/train.ts';
import { type ExampleSource, exampleSource, readExamples, writeExamples } from './examples.ts';
import { featuresLimit, limitFeatures } from './limit-features.ts';
import { withOriginals } from './originals.ts';
import { afterFailure, afterTraining } from './outcome.ts';
import { planOf, stepsOf } from './plan.ts';
import { openWorkbench, prepareExamples, type Workbench } from './prepare.ts';
import { probeAnswer } from './probe-answer.ts';
import { checkpointsOf, lastSteps } from './progress-of.ts';
import {
  type RunState,
  readConfig,
  readOriginals,
  readState,
  readWish,
  runFile,
  writeState,
  writeWish,
} from './run-folder.ts';
import { savingsFor } from './savings.ts';
import { loadTrainable } from './trainable.ts';
import { takeTurn } from './turn.ts';

export interface TrainerOptions {
  /** The run's. */
  readonly folder: string;
  readonly modelsFolder: string;
  readonly featuresFolder: string;
  /** Loaded when it is this run's turn. Throws ExpectedError 'training_unavailable'. */
  readonly torch: (config: TrainConfig) => Torch;
  /** Aborts when the process is asked to end: it saves and ends. */
  readonly signal: AbortSignal;
}

const beatEveryMs = 1000;
const wroteEveryMs = 500;
/** Room that is given free for the last words: a run that filled the disk could not tell it otherwise. */
const reserveBytes = 64 * 1024;

/**
 * Carries out a run, or goes on with it, in this process: waits for its turn, makes the features, trains. What happens is
 * in the run's folder; resolves when the run has ended, is paused or has failed, which state.json then says.
 */
export async function runTrainer(options: TrainerOptions): Promise<void> {
  const { folder } = options;
  const record = stateOf(folder);
  const reserve = runFile(folder, 'reserve');
  const stop = new AbortController();
  const ended = (): void => stop.abort();
  options.signal.addEventListener('abort', ended, { once: true });
  // The thread is busy for whole steps; between them this tells that somebody is there.
  const beat = setInterval(() => {
    if (readWish(folder) !== null) stop.abort();
    try {
      record.set({});
    } catch (error) {
      // The disk is full: the next thing that matters says so.
      console.error(error);
    }
  }, beatEveryMs);
  let giveBack = (): void => {};
  try {
    record.set({ state: 'queued', detail: 'Waiting for its turn', error: null, pid: process.pid });
    giveBack = await takeTurn(dirname(folder), folder, stop.signal);
    sweepPartial(folder);
    writeFileSync(reserve, randomBytes(reserveBytes));
    record.set({ state: 'preparing', detail: 'Loading the training engine' });
    const outcome = await carryOut(options, record, stop.signal);
    record.set({ checkpoints: checkpointsOf(folder) });
    record.set(afterTraining(outcome, readWish(folder) === 'stop'));
  } catch (error) {
    const asked = { toStop: readWish(folder) === 'stop', toEnd: stop.signal.aborted };
    const change = afterFailure(error, record.now.step, asked);
    if (change.error) log(`${change.error.sentence} ${change.error.remedy}`);
    rmSync(reserve, { force: true });
    record.set(change);
  } finally {
    clearInterval(beat);
    rmSync(reserve, { force: true });
    writeWish(folder, null);
    giveBack();
  }
}

interface StateRecord {
  readonly now: RunState;
  set(change: Partial<RunState>): void;
}

function stateOf(folder: string): StateRecord {
  let now = readState(folder);
  return {
    get now() {
      return now;
    },
    set(change) {
      now = { ...now, ...change, updatedAt: Date.now() };
      writeState(folder, now);
    },
  };
}

async function carryOut(
  { folder, modelsFolder, featuresFolder, torch: load }: TrainerOptions,
  record: StateRecord,
  signal: AbortSignal,
): Promise<TrainingOutcome> {
  const config = readConfig(folder);
  const torch = load(config);
  return withOriginals(readOriginals(folder), async (parts) => {
    const bench = await openWorkbench({ torch, modelsFolder, featuresFolder, parts, config, signal });
    await limitFeatures(bench.cache, dirname(folder), featuresLimit);
    const source = await examplesOf(folder, bench, record);
    const savings = savingsFor(parts, config, source.longest + bench.visualTokens);
    record.set({ state: 'preparing', detail: 'Loading the original weights', prepared: null, savings });
    const model = await loadTrainable(torch, parts, config);
    const steps = stepsOf(config, source.data.rows.length);
    const trained = model.parameters.trainable();
    if (trained.length === 0) {
      throw new ExpectedError(
        'bad_request',
        `The recipe ${config.recipe} trains nothing of ${bench.model.bundle.name}.`,
        'Choose a recipe that trains the language model.',
      );
    }
    record.set({ state: 'running', detail: 'Beginning', steps });
    const samples = openSamples(folder);
    const caption = recipes[config.recipe].text === 'caption';
    const { tokenizer } = bench;
    const rule = bench.model.bundle.prompt;
    const answerProbes = async (step: number): Promise<void> => {
      for (const { number, kept } of source.probes) {
        if (signal.aborted) return;
        const example = await source.data.example(number);
        const answer = probeAnswer({ model, tokenizer, rule, caption, begin: bench.begin }, kept, example);
        const { id, media, clip, question, wanted } = kept;
        samples.add({ step, example: id, media, clip, question, wanted, answer });
      }
    };
    // What training changes is seen beside what the model said before.
    if (checkpointsOf(folder).length === 0) await answerProbes(0);
    let wrote = 0;
    const outcome = await train({
      model,
      plan: planOf(config, steps, bench.begin),
      data: source.data,
      folder,
      wants: () => (signal.aborted || readWish(folder) !== null ? 'pause' : 'go on'),
      onStep(step) {
        log(`step ${step.step} of ${steps}, loss ${step.loss.toFixed(4)}`);
        const due = Date.now() - wrote > wroteEveryMs || step.step === steps || step.evalLoss !== null;
        if (!due) return;
        wrote = Date.now();
        record.set(stepChange(folder, step, steps, record.now));
      },
      async onCheckpoint(step) {
        record.set({ checkpoints: checkpointsOf(folder) });
        await answerProbes(step);
      },
    });
    model.parameters.release();
    return outcome;
  });
}

/** Those that the run has kept, or else the data set's, whose features are made now. */
async function examplesOf(folder: string, bench: Workbench, record: StateRecord): Promise<ExampleSource> {
  const path = runFile(folder, 'examples');
  const encoder = () => bench.encoder();
  const kept = await readExamples(path);
  if (kept !== null) return exampleSource(kept, bench.config, bench.cache, encoder);
  let wrote = 0;
  const { examples, leftOut } = await prepareExamples(bench, (done, total) => {
    if (Date.now() - wrote < wroteEveryMs && done > 0) return;
    wrote = Date.now();
    record.set({ detail: `Encoding example ${done + 1} of ${total}`, prepared: done / total });
  });
  for (const sentence of leftOut) log(sentence);
  const more = leftOut.length > shownNotes ? [`${leftOut.length - shownNotes} more are in the log.`] : [];
  const notes =
    leftOut.length === 0 ? [] : [`Left out: ${leftOut.length} of ${leftOut.length + examples.length} rows.`];
  record.set({ notes: [...record.now.notes, ...notes, ...leftOut.slice(0, shownNotes), ...more] });
  await writeExamples(path, examples);
  return exampleSource(examples, bench.config, bench.cache, encoder);
}

const shownNotes = 20;

function stepChange(folder: string, step: RunStep, steps: number, now: RunState): Partial<RunState> {
  const recent = lastSteps(folder, 20);
  const seconds = recent.reduce((sum, { ms }) => sum + ms / 1000, 0) / Math.max(1, recent.length);
  const better = step.evalLoss !== null && (now.best === null || step.evalLoss < now.best.loss);
  return {
    detail: `Step ${step.step} of ${steps}`,
    step: step.step,
    loss: step.loss,
    best: better ? { loss: step.evalLoss!, step: step.step } : now.best,
    secondsPerStep: seconds,
    secondsLeft: seconds * (steps - step.step),
    memoryBytes: step.memoryBytes,
  };
}

/** Answers of steps that will be made again are dropped: they come again. */
function openSamples(folder: string): { add(sample: RunSample): void } {
  const file = runFile(folder, 'samples');
  const last = checkpointsOf(folder).at(-1)?.step ?? -1;
  keepSteps(file, runSampleSchema, last);
  return { add: (sample) => appendFileSync(file, `${JSON.stringify(sample)}\n`) };
}

/** The process's output is the run's log. */
function log(sentence: string): void {
  console.log(`${new Date().toISOString()} ${sentence}`);
}
