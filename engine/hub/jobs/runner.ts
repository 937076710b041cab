import { cancelled, ExpectedError } from '../../contract/errors.ts';
import type { Job } from '../../contract/jobs.ts';
import type { EngineRegister } from '../../store/engines.ts';
import type { JobRecord, JobRequest, JobStore } from '../../store/jobs.ts';
import { pause } from '../http/retry.ts';
import { errorOf } from './outcome.ts';
import { createProgress } from './progress.ts';
import { type JobContext, type JobWorks, workOf } from './work.ts';

/** Runs jobs; see {@link createJobRunner}. Methods that take an id throw ExpectedError 'not_found'. */
export interface JobRunner {
  /** Queues it and resolves with its id; one with the same request that has not ended is gone on with instead. */
  add(request: JobRequest, title: string, modelId: string | null): string;
  pause(id: string): void;
  resume(id: string): void;
  cancel(id: string): void;
  forget(id: string): void;
  list(): readonly Job[];
  /** True while something of the models folder must stay where it is: a move is under way. */
  readonly moving: boolean;
  readonly closed: boolean;
  /** Called after each change of a job of this engine, and when it closes; returns what takes the listener off. */
  onChange(listener: () => void): () => void;
  /** Stops what runs; the next engine goes on with it. */
  close(): Promise<void>;
}

export interface JobRunnerOptions {
  readonly store: JobStore;
  readonly engines: EngineRegister;
  readonly works: JobWorks;
  /** Done once, before the first job runs; at once for `all`. */
  readonly prepare: () => Promise<void>;
  /** `all`: also what engines that died have left; `own`: only what is added or resumed here. */
  readonly runs: 'all' | 'own';
}

type Reason = 'pause' | 'cancel' | 'close' | 'lost';

interface Running {
  readonly stop: (reason: Reason) => void;
  readonly finished: Promise<void>;
}

const lookEveryMs = 300;
const beatEveryMs = 3000;
const mostAtOnce = 4;

/**
 * Several jobs run at once, of which one converts; a move of the models folder runs alone. Two engines over one
 * database never run the same job: a job belongs to the engine that claimed it for as long as that lives.
 */
export function createJobRunner(options: JobRunnerOptions): JobRunner {
  const { store, engines, works, runs, prepare } = options;
  const running = new Map<string, Running>();
  const listeners = new Set<() => void>();
  let closing = false;
  let beatAt = Date.now();

  const changed = (): void => {
    for (const listen of listeners) listen();
  };

  function contextOf({ job, memory }: JobRecord, signal: AbortSignal): JobContext {
    const { id, createdAt } = job;
    const tell =
      <Args extends readonly unknown[]>(work: (...args: Args) => void) =>
      (...args: Args): void => {
        work(...args);
        changed();
      };
    return {
      id,
      createdAt,
      signal,
      memory,
      progress: createProgress(tell((progress) => store.saveProgress(id, progress))),
      remember: (what) => store.remember(id, what),
      note: tell((sentence: string) => store.note(id, sentence)),
      setModel: tell((modelId: string, title: string) => store.setModel(id, modelId, title)),
      countOn: (keys) => store.setParts(id, keys),
      async inTurn(work) {
        while (!engines.takeTurn('convert', id)) await pause(lookEveryMs, signal);
        try {
          return await work();
        } finally {
          engines.giveTurnBack('convert', id);
        }
      },
    };
  }

  let preparing: Promise<void> | null = null;
  /** What it fails at must not keep jobs from running. */
  const prepared = (): Promise<void> => {
    preparing ??= prepare().catch((error: unknown) => console.error('Bug in clearing up:', error));
    return preparing;
  };

  async function carryOut(record: JobRecord, signal: AbortSignal, reason: () => Reason | null) {
    const { id } = record.job;
    const context = contextOf(record, signal);
    try {
      await prepared();
      if (signal.aborted) throw cancelled();
      await workOf(works, record.request).run(context);
      store.finish(id, 'done', null);
    } catch (error) {
      context.progress.flush();
      await settle(record, error, reason());
    }
  }

  async function settle({ job: { id } }: JobRecord, error: unknown, why: Reason | null): Promise<void> {
    switch (why) {
      case 'pause':
        return store.finish(id, 'paused', null);
      case 'close':
        return store.finish(id, 'queued', null);
      case 'lost':
        return;
      case 'cancel':
        await clean(store.get(id)).catch((problem: unknown) => {
          const { sentence } = errorOf(problem, id);
          store.note(id, `Not everything that was unfinished could be removed: ${sentence}`);
        });
        return store.finish(id, 'cancelled', null);
      case null:
        return store.finish(id, 'failed', errorOf(error, id));
      default:
        return why satisfies never;
    }
  }

  const clean = (record: JobRecord): Promise<void> => workOf(works, record.request).clean(record);

  function start(record: JobRecord): void {
    const { id } = record.job;
    const abort = new AbortController();
    let reason: Reason | null = null;
    const stop = (why: Reason): void => {
      reason ??= why;
      abort.abort();
    };
    if (record.wish) stop(record.wish);
    const finished = carryOut(record, abort.signal, () => reason)
      .catch((error: unknown) => console.error(`Bug in the job ${id}:`, error))
      .then(() => {
        running.delete(id);
        changed();
        lookSafely();
      });
    running.set(id, { stop, finished });
    changed();
  }

  function takeUp({ job: { id } }: JobRecord): void {
    const may = (): boolean => mayStart(store.get(id), store.active());
    if (store.claim(id, may)) start(store.get(id));
  }

  /** Heeds what was asked of running jobs, and starts what may start. */
  function look(): void {
    if (closing) return;
    const now = Date.now();
    if (now - beatAt >= beatEveryMs) {
      beatAt = now;
      engines.beat();
    }
    const records = store.active();
    const going = new Set(records.map(({ job }) => job.id));
    for (const [id, mine] of running) if (!going.has(id)) mine.stop('lost');
    for (const { job, wish, engineId } of records) {
      const mine = running.get(job.id);
      if (mine && engineId !== engines.id) mine.stop('lost');
      else if (mine && wish) mine.stop(wish);
    }
    for (const record of [...records].reverse()) {
      // To cancel is only to clean up: that waits for nothing.
      const soon = record.wish === 'cancel' || running.size < mostAtOnce;
      if (soon && mayStart(record, records)) takeUp(record);
    }
  }

  const lookSafely = (): void => {
    try {
      look();
    } catch (error) {
      // The disk is full, or another program holds the database: the next look may do better.
      if (!(error instanceof ExpectedError)) throw error;
    }
  };

  function mayStart(record: JobRecord, all: readonly JobRecord[]): boolean {
    const { job, engineId } = record;
    if (running.has(job.id) || (job.state !== 'queued' && job.state !== 'running')) return false;
    if (runs === 'own' && engineId !== engines.id) return false;
    if (record.wish === 'cancel') return true;
    if (job.kind === 'move') return !all.some((other) => other.job.id !== job.id && isUnderWay(other));
    return !all.some((other) => other.job.kind === 'move' && store.isHeld(other));
  }

  const isUnderWay = (record: JobRecord): boolean => record.job.state === 'running' && store.isHeld(record);

  const timer = setInterval(lookSafely, lookEveryMs);
  timer.unref();
  setImmediate(lookSafely);
  if (runs === 'all') void prepared();

  return {
    add(request, title, modelId) {
      const same = store.active().find((each) => JSON.stringify(each.request) === JSON.stringify(request));
      if (same) store.enqueue(same.job.id);
      const id = same?.job.id ?? store.add(request, title, modelId);
      look();
      changed();
      return id;
    },
    pause(id) {
      store.wish(id, 'pause');
      look();
      changed();
    },
    resume(id) {
      store.enqueue(id);
      look();
      changed();
    },
    cancel(id) {
      store.wish(id, 'cancel');
      look();
      changed();
    },
    forget(id) {
      const record = store.get(id);
      store.remove(id);
      changed();
      // A failed one has kept what it had, to be tried again.
      if (record.job.state === 'failed') void clean(record).catch(() => {});
    },
    list: () => store.list().map(({ job }) => job),
    get moving() {
      return store.active().some((each) => each.job.kind === 'move' && isUnderWay(each));
    },
    get closed() {
      return closing;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      if (closing) return;
      closing = true;
      changed();
      clearInterval(timer);
      const all = [...running.values()];
      for (const { stop } of all) stop('close');
      await Promise.all(all.map(({ finished }) => finished));
      await preparing;
      engines.leave();
    },
  };
}
