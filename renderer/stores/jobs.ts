import { createStore } from 'zustand/vanilla';
import type { Job } from '../../engine/contract/jobs.ts';
import { toFailure } from '../lib/failure.ts';
import { isEnded } from '../lib/job-words.ts';
import type { EngineAccess } from './engine.ts';
import type { NoticesStore } from './notices.ts';

export interface JobsState {
  readonly jobs: readonly Job[];
  readonly loaded: boolean;
  /** Jobs that were told something which has not been carried out yet. */
  readonly told: ReadonlySet<string>;
}

const retryMs = 1_000;

/** The long work: downloads, conversions, exports. It belongs to the engine; the window only looks on. */
export function createJobsStore(engine: EngineAccess, notices: Pick<NoticesStore, 'fail'>) {
  const store = createStore<JobsState>(() => ({ jobs: [], loaded: false, told: new Set() }));
  const { getState, setState } = store;
  let watching: AbortController | null = null;

  const setTold = (id: string, on: boolean): void => {
    const told = new Set(getState().told);
    if (on) told.add(id);
    else told.delete(id);
    setState({ told });
  };

  const tell = async (id: string, what: 'pause' | 'resume' | 'cancel' | 'forget'): Promise<void> => {
    if (getState().told.has(id)) return;
    setTold(id, true);
    try {
      await engine.client().jobs[what]({ id });
    } catch (error) {
      notices.fail(toFailure(error));
    } finally {
      setTold(id, false);
    }
  };

  return {
    store,
    /** Follows the jobs of this life of the engine. */
    watch: async (): Promise<void> => {
      watching?.abort();
      const mine = new AbortController();
      watching = mine;
      while (!mine.signal.aborted) {
        try {
          const lists = await engine.client().jobs.watch(undefined, { signal: mine.signal });
          for await (const jobs of lists) setState({ jobs, loaded: true });
        } catch (error) {
          // The next life of the engine starts a watch of its own.
          if (toFailure(error).kind === 'disconnected') return;
        }
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    },
    stop: (): void => watching?.abort(),
    pause: (id: string) => tell(id, 'pause'),
    /** Also tries a failed one again. */
    resume: (id: string) => tell(id, 'resume'),
    cancel: (id: string) => tell(id, 'cancel'),
    forget: (id: string) => tell(id, 'forget'),
    forgetEnded: async (): Promise<void> => {
      for (const job of getState().jobs.filter(isEnded)) await tell(job.id, 'forget');
    },
  };
}
export type JobsStore = ReturnType<typeof createJobsStore>;

/** The job that makes or changes this model now. */
export function jobOf(jobs: readonly Job[], modelId: string): Job | null {
  return jobs.find((job) => job.modelId === modelId && !isEnded(job)) ?? null;
}
