import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import { type Run, runSchema, type TrainConfig, trainConfigSchema } from '../contract/training.ts';
import { isAlive } from '../store/alive.ts';
import { namesIn } from '../store/names-in.ts';
import { writeFileWhole } from '../store/write-file.ts';
import { checkpointsFolder } from '../training/checkpoint.ts';
import { metricsFile } from '../training/metrics.ts';
import { type Originals, originalsSchema } from './originals.ts';

/** What state.json holds: the run as people see it, and who works on it. */
const stateSchema = runSchema.omit({ id: true, folder: true, config: true }).extend({
  /** The trainer's process; null where none was started. */
  pid: z.number().int().nullable(),
  /** The engine's process that fetches its original weights; null where none does. */
  fetcher: z.number().int().nullable().default(null),
});
export type RunState = z.infer<typeof stateSchema>;

/** What a trainer is asked for: to save and end, for a while or for good. */
export type Wish = 'pause' | 'stop';

const files = {
  config: 'config.json',
  originals: 'originals.json',
  state: 'state.json',
  wish: 'wish',
  metrics: metricsFile,
  samples: 'samples.jsonl',
  examples: 'examples.jsonl',
  reserve: 'reserve',
  log: 'log',
  checkpoints: checkpointsFolder,
} as const;

/** The files of a run. */
export function runFile(folder: string, name: keyof typeof files): string {
  return join(folder, files[name]);
}

/** Below the data folder. */
export function runsFolder(data: string): string {
  return join(data, 'runs');
}

/** A new run's folder; without originals where they have to be fetched first. */
export function createRun(folder: string, config: TrainConfig, originals: Originals | null): void {
  mkdirSync(folder, { recursive: true });
  if (originals !== null) writeOriginals(folder, originals);
  const now = Date.now();
  writeState(folder, {
    state: 'queued',
    detail: 'Waiting for its turn',
    prepared: null,
    step: 0,
    steps: null,
    loss: null,
    best: null,
    secondsPerStep: null,
    secondsLeft: null,
    memoryBytes: null,
    checkpoints: [],
    error: null,
    savings: [],
    notes: [],
    createdAt: now,
    updatedAt: now,
    pid: null,
    fetcher: null,
  });
  // Last: a folder with it is a run.
  writeFileWhole(runFile(folder, 'config'), `${JSON.stringify(config, null, 2)}\n`);
}

export function writeState(folder: string, state: RunState): void {
  writeFileWhole(runFile(folder, 'state'), `${JSON.stringify(state, null, 1)}\n`);
}

export function readState(folder: string): RunState {
  return readJson(runFile(folder, 'state'), stateSchema);
}

export function readConfig(folder: string): TrainConfig {
  return readJson(runFile(folder, 'config'), trainConfigSchema);
}

export function writeOriginals(folder: string, originals: Originals): void {
  writeFileWhole(runFile(folder, 'originals'), `${JSON.stringify(originals)}\n`);
}

export function readOriginals(folder: string): Originals {
  return readJson(runFile(folder, 'originals'), originalsSchema);
}

function readJson<T>(path: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new ExpectedError(
      'file_corrupt',
      `The run's ${path} cannot be read.`,
      'Delete the run, or restore the file.',
      { cause },
    );
  }
}

export function readWish(folder: string): Wish | null {
  try {
    const text = readFileSync(runFile(folder, 'wish'), 'utf8').trim();
    return text === 'stop' || text === 'pause' ? text : null;
  } catch {
    return null;
  }
}

export function writeWish(folder: string, wish: Wish | null): void {
  if (wish === null) rmSync(runFile(folder, 'wish'), { force: true });
  else writeFileWhole(runFile(folder, 'wish'), `${wish}\n`);
}

/** Folders that hold a run, newest first. */
export function runFolders(runs: string): readonly string[] {
  return namesIn(runs)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(runs, name))
    .filter((folder) => safely(() => statSync(runFile(folder, 'config')).size > 0, false))
    .sort()
    .reverse();
}

/** Whether the trainer of this state lives: its number may belong to another program by now. */
export function hasTrainer(folder: string, { pid }: Pick<RunState, 'pid'>): boolean {
  if (pid === null || !isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  const words = safely(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '');
  return words.includes(basename(folder));
}

export function toRun(folder: string, config: TrainConfig, { pid: _, fetcher: __, ...state }: RunState): Run {
  return { ...state, id: basename(folder), folder, config };
}

function safely<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
