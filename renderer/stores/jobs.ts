import { createStore } from 'zustand/vanilla';
import { isEnded, type Job } from '../../engine/contract/jobs.ts';
import { toFailure } from '../lib/failure.ts';
import { follow } from '../lib/follow.ts';
import { type Told, tellOnce } from '../lib/told.ts';
import type { EngineAccess } from './engine.ts';
import type { NoticesStore } from './notices.ts';

export interface JobsState extends Told {
  readonly jobs: readonly Job[];
  readonly loaded: boolean;
}

/** The long work: downloads, conversions, exports. It belongs to the engine; the window only looks on. */
export function createJobsStore(engine: EngineAccess, notices: Pick<NoticesStore, 'fail'>) {
  const store = createStore<JobsState>(() => ({ jobs: [], loaded: false, told: new Set() }));
  const { getState, setState } = store;
  const { watch, stop } = follow(
    (signal) => engine.client().jobs.watch(undefined, { signal }),
    (jobs) => setState({ jobs, loaded: true }),
  );

  const tell = async (id: string, what: 'pause' | 'resume' | 'cancel' | 'forget'): Promise<void> => {
    try {
      await tellOnce(store, id, () => engine.client().jobs[what]({ id }));
    } catch (error) {
      notices.fail(toFailure(error));
    }
  };

  return {
    store,
    /** Follows the jobs of this life of the engine. */
    watch,
    stop,
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
