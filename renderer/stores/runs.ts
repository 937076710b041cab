import { createStore } from 'zustand/vanilla';
import type { TrainingRuntime } from '../../engine/contract/libtorch.ts';
import type { Run, TrainConfig } from '../../engine/contract/training.ts';
import type { Failure } from '../lib/failure.ts';
import { follow } from '../lib/follow.ts';
import { type Loadable, latest, unloaded } from '../lib/loadable.ts';
import { type Told, tellOnce } from '../lib/told.ts';
import type { EngineAccess } from './engine.ts';

export interface RunsState extends Told {
  /** Newest first. */
  readonly runs: readonly Run[];
  readonly loaded: boolean;
  /** Why the list cannot be followed; null while it can, or while there is no engine. */
  readonly failure: Failure | null;
  readonly runtime: Loadable<TrainingRuntime>;
  /** The data set that comes with the application. */
  readonly sample: TrainConfig['data'] | null;
}

/** Training runs. They have processes of their own that outlive window and engine; the window only looks on. */
export function createRunsStore(engine: EngineAccess) {
  const store = createStore<RunsState>(() => ({
    runs: [],
    loaded: false,
    failure: null,
    told: new Set(),
    runtime: unloaded,
    sample: null,
  }));
  const { setState } = store;
  const loader = latest<TrainingRuntime>((change) =>
    setState((state) => ({ runtime: { ...state.runtime, ...change } })),
  );
  const { watch, stop } = follow(
    (signal) => engine.client().training.watch(undefined, { signal }),
    (runs) => setState({ runs, loaded: true, failure: null }),
    (failure) => setState({ failure }),
  );

  const loadSample = async (): Promise<void> => {
    setState({ sample: await engine.client().training.sample() });
  };

  return {
    store,
    /** Follows the runs with this life of the engine. */
    watch,
    stop,
    /** Whether this machine can train, and what it could train on. */
    look: async (): Promise<void> => {
      await Promise.all([
        loader.load(() => engine.client().training.runtime()),
        // Without an answer, or an engine to ask, there is no sample to offer.
        loadSample().catch(() => {}),
      ]);
    },
    /** One thing a run at a time; false where another is under way. Rejects as the engine does. */
    tell: (id: string, what: 'pause' | 'resume' | 'stop' | 'delete'): Promise<boolean> =>
      tellOnce(store, id, async () => {
        await engine.client().training[what]({ id });
        if (what === 'delete') setState(({ runs }) => ({ runs: runs.filter((run) => run.id !== id) }));
      }),
  };
}
export type RunsStore = ReturnType<typeof createRunsStore>;

export function runOf(state: RunsState, id: string | null): Run | null {
  return state.runs.find((run) => run.id === id) ?? null;
}
