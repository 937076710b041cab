import { createStore } from 'zustand/vanilla';
import { isEnded, type Job } from '../../engine/contract/jobs.ts';
import type { LibtorchBuild, LibtorchPlan } from '../../engine/contract/libtorch.ts';
import { type Loadable, latest, unloaded } from '../lib/loadable.ts';
import { formatBytes } from '../lib/numbers.ts';
import type { EngineAccess } from './engine.ts';
import type { JobsStore } from './jobs.ts';
import type { NoticesStore } from './notices.ts';
import type { RunsStore } from './runs.ts';

export interface LibtorchState {
  readonly build: LibtorchBuild;
  /** What fetching that build would take. Asked for by a person only: it goes to PyTorch's server. */
  readonly plan: Loadable<LibtorchPlan>;
  /** It is being queued or removed. */
  readonly busy: boolean;
}

interface Parts {
  readonly engine: EngineAccess;
  readonly jobs: JobsStore;
  readonly runs: RunsStore;
  readonly notices: NoticesStore;
}

/** The libraries that training needs: what they take, their download, their removal. */
export function createLibtorch({ engine, jobs, runs, notices }: Parts) {
  const store = createStore<LibtorchState>(() => ({ build: 'cpu', plan: unloaded, busy: false }));
  const { getState, setState } = store;
  const plans = latest<LibtorchPlan>((change) =>
    setState((state) => ({ plan: { ...state.plan, ...change } })),
  );
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    if (getState().busy) return;
    setState({ busy: true });
    await notices.attempt(work);
    setState({ busy: false });
  };

  const unsubscribe = jobs.store.subscribe((state, before) => {
    const now = libtorchJob(state.jobs);
    const was = libtorchJob(before.jobs);
    if (now?.id === was?.id && now?.state === was?.state) return;
    // It has begun, stopped or ended, here or elsewhere.
    void runs.look();
    const ended = was && state.jobs.find((job) => job.id === was.id);
    if (ended?.state === 'done') plans.forget();
  });

  return {
    store,
    lookUp: async (): Promise<void> => {
      const { build } = getState();
      await plans.load(() => engine.client().training.libtorch.plan({ build }));
    },
    choose: (build: LibtorchBuild): void => {
      plans.forget();
      setState({ build });
    },
    install: (): Promise<void> =>
      attempt(async () => {
        await engine.client().training.libtorch.install({ build: getState().build });
      }),
    remove: (): Promise<void> =>
      attempt(async () => {
        const { freedBytes } = await engine.client().training.libtorch.remove();
        notices.say(`libtorch was removed: ${formatBytes(freedBytes)} are free again.`);
        await runs.look();
      }),
    dispose: unsubscribe,
  };
}

/** The job that fetches libtorch, unless it has ended. */
export function libtorchJob(jobs: readonly Job[]): Job | null {
  return jobs.find((job) => job.kind === 'libtorch' && !isEnded(job)) ?? null;
}
