import { existsSync } from 'node:fs';
import type { TrainConfig } from '../contract/training.ts';
import type { TransferProgress } from '../hub/huggingface/fetcher.ts';
import { isAlive } from '../store/alive.ts';
import type { Originals } from './originals.ts';
import { afterFailure } from './outcome.ts';
import { type RunState, readState, readWish, runFile, writeOriginals, writeState } from './run-folder.ts';

export type FindOriginals = (
  config: TrainConfig,
  signal: AbortSignal,
  /** Called where something has to be fetched. */
  onProgress: (progress: TransferProgress) => void,
) => Promise<Originals>;

/** Fetches what is missing of runs' original weights, in this process: a run gets its trainer after that. */
export interface WeightsFetcher {
  /**
   * Finds a new run's originals. `create` makes its folder: with the originals where they are here, without them where some
   * have to be fetched, which then goes on by itself. Returns the folder. Throws ExpectedError of what
   * is wrong before that.
   */
  begin(
    config: TrainConfig,
    create: (originals: Originals | null) => string,
    signal: AbortSignal,
  ): Promise<string>;
  /** Goes on with a run that has no originals yet. */
  goOn(folder: string, config: TrainConfig): void;
  /** What was fetched stays; the runs are paused. Resolves when nothing is under way any more. */
  close(): Promise<void>;
}

const patienceMs = 1500;
const lookEveryMs = 500;
/** Without a word for so long, a fetcher is gone; its number may belong to another program. */
const silenceMs = 30_000;

export function createWeightsFetcher(find: FindOriginals, launch: (folder: string) => void): WeightsFetcher {
  const closing = new AbortController();
  const underWay = new Set<Promise<unknown>>();

  const follow = async (
    folder: string,
    work: Promise<Originals>,
    stop: AbortController,
    now: () => TransferProgress | null,
  ): Promise<void> => {
    const set = (change: Partial<RunState>): void => {
      // Deleted meanwhile: nobody is to be told.
      if (existsSync(runFile(folder, 'config')))
        writeState(folder, { ...readState(folder), ...change, updatedAt: Date.now() });
    };
    const look = setInterval(() => {
      if (readWish(folder) !== null || !existsSync(runFile(folder, 'config'))) stop.abort();
      else set(progressOf(now()));
    }, lookEveryMs);
    set(progressOf(now()));
    let change: Partial<RunState> = {};
    try {
      writeOriginals(folder, await work);
    } catch (error) {
      const asked = { toStop: readWish(folder) === 'stop', toEnd: stop.signal.aborted };
      change = afterFailure(error, 0, asked);
    } finally {
      clearInterval(look);
    }
    set({ ...change, fetcher: null, prepared: null, secondsLeft: null });
    if (change.state === undefined && existsSync(runFile(folder, 'config'))) launch(folder);
  };

  const start = (config: TrainConfig, onFetch: () => void) => {
    const stop = new AbortController();
    const end = (): void => stop.abort();
    closing.signal.addEventListener('abort', end, { once: true });
    let latest: TransferProgress | null = null;
    const work = find(config, stop.signal, (progress) => {
      latest = progress;
      if (progress.doneBytes < progress.totalBytes) onFetch();
    });
    const over = work
      .catch(() => {})
      .finally(() => {
        closing.signal.removeEventListener('abort', end);
        underWay.delete(over);
      });
    underWay.add(over);
    return { stop, work, now: () => latest };
  };

  return {
    async begin(config, create, signal) {
      let fetches = (): void => {};
      const fetching = new Promise<void>((resolve) => {
        fetches = resolve;
      });
      // Nobody waits longer for an answer of the hub before the run is there.
      const patience = setTimeout(() => fetches(), patienceMs);
      const { stop, work, now } = start(config, () => fetches());
      const leave = (): void => stop.abort();
      signal.addEventListener('abort', leave, { once: true });
      const found = await Promise.race([work, fetching]).finally(() => {
        clearTimeout(patience);
        signal.removeEventListener('abort', leave);
      });
      const folder = create(found ?? null);
      if (found) launch(folder);
      else void follow(folder, work, stop, now);
      return folder;
    },
    goOn(folder, config) {
      const { stop, work, now } = start(config, () => {});
      void follow(folder, work, stop, now);
    },
    async close() {
      closing.abort();
      await Promise.all(underWay);
    },
  };
}

/** Whether some process fetches this run's originals. */
export function isFetched({ fetcher, updatedAt }: Pick<RunState, 'fetcher' | 'updatedAt'>): boolean {
  return fetcher !== null && isAlive(fetcher) && Date.now() - updatedAt < silenceMs;
}

function progressOf(progress: TransferProgress | null): Partial<RunState> {
  const common = { state: 'preparing', fetcher: process.pid, error: null } as const;
  if (progress === null) return { ...common, detail: 'Looking for the original weights', prepared: null };
  const { doneBytes, totalBytes, bytesPerSecond } = progress;
  return {
    ...common,
    detail: fetchWords(progress),
    prepared: totalBytes === 0 ? null : doneBytes / totalBytes,
    secondsLeft: bytesPerSecond > 0 ? (totalBytes - doneBytes) / bytesPerSecond : null,
  };
}

/** "Fetching the original weights: 1.2 of 13.5 GB". */
export function fetchWords({ doneBytes, totalBytes }: TransferProgress): string {
  const [unit, name] = totalBytes >= 1e9 ? [1e9, 'GB'] : [1e6, 'MB'];
  const figure = (bytes: number) => (bytes / unit).toFixed(1);
  return `Fetching the original weights: ${figure(doneBytes)} of ${figure(totalBytes)} ${name}`;
}
