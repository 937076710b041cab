import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cancelled, ExpectedError, type ExpectedErrorData, errorFrom } from '../contract/errors.ts';
import type { ProbedRuntime } from '../contract/libtorch.ts';
import { isWorking, type Preflight, type Run, type Saving, type TrainConfig } from '../contract/training.ts';
import { isAlive } from '../store/alive.ts';
import { namesIn } from '../store/names-in.ts';
import { parsed } from '../store/parsed.ts';
import type { Originals } from './originals.ts';
import { endedFromOutside, expectedOf, preflightEnded } from './outcome.ts';
import { type PreflightEvent, preflightEventSchema, preflightFile } from './preflight-event.ts';
import { checkpointsOf, logOf } from './progress-of.ts';
import {
  createRun,
  hasTrainer,
  type RunState,
  readConfig,
  readState,
  runFile,
  runFolders,
  toRun,
  writeState,
  writeWish,
} from './run-folder.ts';
import { probeRuntime, startTrainer, type TrainerProgram } from './trainer-process.ts';
import { turnIsTaken } from './turn.ts';
import { createWeightsFetcher, type FindOriginals, isFetched } from './weights-fetcher.ts';

export type PreflightEnd =
  | { readonly kind: 'done'; readonly preflight: Preflight }
  /** Its memory did not suffice. */
  | { readonly kind: 'too_large'; readonly error: ExpectedErrorData; readonly savings: Saving[] };

/** The runs of a data folder, whoever started them. Methods that take an id throw ExpectedError 'not_found'. */
export interface RunManager {
  runtime(): Promise<ProbedRuntime>;
  /** Newest first. */
  list(): readonly Run[];
  folder(id: string): string;
  /** Its original weights are fetched first where they are not here; the run is there meanwhile, and says how far that is. */
  start(config: TrainConfig, signal: AbortSignal): Promise<string>;
  /** Throws ExpectedError 'busy' while a run computes. */
  preflight(
    config: TrainConfig,
    originals: Originals,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly detail: string }, PreflightEnd>;
  pause(id: string): void;
  /** Also tries a failed one again. */
  resume(id: string): void;
  /** Ends it for good with what it has learned. */
  stop(id: string): void;
  delete(id: string): Promise<void>;
  /** Stops what this process fetches; trainers go on. */
  close(): Promise<void>;
}

export interface RunManagerOptions extends TrainerProgram {
  readonly dataFolder: string;
  /** Below it. */
  readonly runs: string;
  readonly originals: FindOriginals;
}

const lookEveryMs = 200;
const deletedPrefix = '.deleted-';
const preflightPrefix = '.preflight-';

export function createRunManager({ dataFolder, runs, file, originals }: RunManagerOptions): RunManager {
  const program = { file };
  let known: ProbedRuntime | null = null;

  const folderOf = (id: string): string => {
    const folder = runFolders(runs).find((each) => each === join(runs, id));
    if (folder !== undefined) return folder;
    throw new ExpectedError('not_found', `There is no run ${id}.`, 'Look at the list of runs.');
  };
  /** The state as it is: a trainer that was killed could not write it. */
  const stateOf = (folder: string): RunState => {
    const state = readState(folder);
    if (!isWorking(state) || hasTrainer(folder, state) || isFetched(state)) return state;
    // It may have written its last words meanwhile.
    const again = readState(folder);
    if (!isWorking(again) || hasTrainer(folder, again)) return again;
    if (!existsSync(runFile(folder, 'originals'))) {
      const detail = 'Interrupted while its original weights were fetched';
      const left = { prepared: null, secondsLeft: null, fetcher: null };
      return found(folder, { ...again, ...left, state: 'paused', detail });
    }
    const checkpoints = checkpointsOf(folder);
    const from = checkpoints.at(-1)?.step ?? 0;
    const note = `The trainer ended without a word at step ${again.step}; it goes on from step ${from}.`;
    return found(folder, {
      ...again,
      state: 'paused',
      detail: `Interrupted at step ${again.step}`,
      notes: [...again.notes, note],
      error: endedFromOutside(from).toData(),
      checkpoints,
      pid: null,
      secondsLeft: null,
    });
  };
  const launch = (folder: string): void => {
    writeWish(folder, null);
    const state = readState(folder);
    const { pid } = startTrainer(program, 'run', folder);
    try {
      writeState(folder, { ...state, state: 'queued', detail: 'Waiting for its turn', error: null, pid });
    } catch (error) {
      // Nobody would know of it.
      kill(folder, pid);
      throw error;
    }
  };
  const fetcher = createWeightsFetcher(originals, launch);

  return {
    async runtime() {
      // Libraries that were loaded once load again, where they are still there.
      const there = known?.state === 'ready' && (known.place === null || existsSync(known.place));
      if (known === null || !there) known = await probeRuntime(program, dataFolder);
      return known;
    },
    list: () =>
      runFolders(runs).flatMap((folder) => {
        try {
          return [toRun(folder, readConfig(folder), stateOf(folder))];
        } catch (error) {
          // One damaged run does not hide the others.
          if (error instanceof ExpectedError) return [];
          throw error;
        }
      }),
    folder: folderOf,
    async start(config, signal) {
      mkdirSync(runs, { recursive: true });
      sweep(runs);
      const create = (found: Originals | null): string => {
        const taken = new Set(runFolders(runs));
        let at = Date.now();
        while (taken.has(join(runs, idOf(at, config.name)))) at++;
        const folder = join(runs, idOf(at, config.name));
        createRun(folder, config, found);
        return folder;
      };
      return basename(await fetcher.begin(config, create, signal));
    },
    async *preflight(config, found, signal) {
      if (turnIsTaken(runs)) {
        throw new ExpectedError(
          'busy',
          'Another run computes: what this one takes cannot be measured meanwhile.',
          'Pause the other run, or start this one without the measurement.',
        );
      }
      sweep(runs);
      const folder = join(runs, `${preflightPrefix}${process.pid}-${Date.now()}`);
      createRun(folder, config, found);
      const { pid, end } = startTrainer(program, 'preflight', folder);
      try {
        let said = '';
        for (;;) {
          if (signal.aborted) throw cancelled();
          const ended = end();
          const event = readEvent(folder);
          if (event?.kind === 'done') return event;
          if (event?.kind === 'failed') {
            const { error, savings } = event;
            if (error.code === 'out_of_memory') return { kind: 'too_large', error, savings };
            throw errorFrom(error);
          }
          if (ended !== null) {
            const error = preflightEnded(ended, logOf(folder).trim());
            if (error.code !== 'out_of_memory') throw error;
            return { kind: 'too_large', error: error.toData(), savings: event?.savings ?? [] };
          }
          if (event !== null && event.detail !== said) {
            said = event.detail;
            yield { detail: said };
          }
          await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
        }
      } finally {
        kill(folder, pid);
        await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      }
    },
    pause(id) {
      const folder = folderOf(id);
      if (isWorking(stateOf(folder))) writeWish(folder, 'pause');
    },
    resume(id) {
      const folder = folderOf(id);
      const state = stateOf(folder);
      if (state.state !== 'paused' && state.state !== 'failed') return;
      if (existsSync(runFile(folder, 'originals'))) launch(folder);
      else {
        writeWish(folder, null);
        fetcher.goOn(folder, readConfig(folder));
      }
    },
    stop(id) {
      const folder = folderOf(id);
      const state = stateOf(folder);
      if (isWorking(state)) writeWish(folder, 'stop');
      else if (state.state === 'paused' || state.state === 'failed') {
        writeState(folder, { ...state, state: 'done', detail: `Stopped at step ${state.step}`, error: null });
      }
    },
    async delete(id) {
      const folder = folderOf(id);
      kill(folder, readState(folder).pid);
      // From one moment to the next no run any more, whatever becomes of the removal.
      const aside = join(runs, `${deletedPrefix}${id}`);
      renameSync(folder, aside);
      // Its trainer may still be within a write.
      await rm(aside, { recursive: true, force: true, maxRetries: 5 });
    },
    close: fetcher.close,
  };
}

/** Writes what was found out about a run, and returns it; on a full disk, that this is so: its trainer could not say it either. */
function found(folder: string, state: RunState): RunState {
  try {
    writeState(folder, state);
    return state;
  } catch (error) {
    const expected = expectedOf(error);
    if (expected === null) throw error;
    return { ...state, state: 'failed', error: expected.toData() };
  }
}

/** Removes what engines that were killed have left: halfway deleted runs, preflights that nobody waits for. */
function sweep(runs: string): void {
  for (const name of namesIn(runs)) {
    const engine = Number(/^\.preflight-(\d+)-/.exec(name)?.[1] ?? Number.NaN);
    if (!name.startsWith(deletedPrefix) && (Number.isNaN(engine) || isAlive(engine))) continue;
    rmSync(join(runs, name), { recursive: true, force: true });
  }
}

/** Sorts by time. */
function idOf(at: number, name: string): string {
  const time = new Date(at).toISOString().replace(/\D/g, '').slice(0, 17);
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return slug === '' ? time : `${time}-${slug.slice(0, 40)}`;
}

function kill(folder: string, pid: number | null): void {
  if (pid === null || !hasTrainer(folder, { pid })) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

function readEvent(folder: string): PreflightEvent | null {
  try {
    return parsed(preflightEventSchema, readFileSync(join(folder, preflightFile), 'utf8'));
  } catch {
    // Nothing was said yet.
    return null;
  }
}
