import { createStore } from 'zustand/vanilla';
import type { Run, TrainConfig, TrainingRuntime } from '../../engine/contract/training.ts';
import { type Failure, toFailure } from '../lib/failure.ts';
import { type Loadable, latest, unloaded } from '../lib/loadable.ts';
import type { EngineAccess } from './engine.ts';

export interface RunsState {
  /** Newest first. */
  readonly runs: readonly Run[];
  readonly loaded: boolean;
  /** Why the list cannot be followed; null while it can, or while there is no engine. */
  readonly failure: Failure | null;
  /** Runs that were told something which has not been carried out yet. */
  readonly told: ReadonlySet<string>;
  readonly runtime: Loadable<TrainingRuntime>;
  /** The data set that comes with the application. */
  readonly sample: TrainConfig['data'] | null;
}

const retryMs = 1_000;

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
  const { getState, setState } = store;
  const loader = latest<TrainingRuntime>((change) =>
    setState((state) => ({ runtime: { ...state.runtime, ...change } })),
  );
  let watching: AbortController | null = null;

  const setTold = (id: string, on: boolean): void => {
    const told = new Set(getState().told);
    if (on) told.add(id);
    else told.delete(id);
    setState({ told });
  };

  return {
    store,
    /** Follows the runs with this life of the engine. */
    watch: async (): Promise<void> => {
      watching?.abort();
      const mine = new AbortController();
      watching = mine;
      while (!mine.signal.aborted) {
        try {
          const lists = await engine.client().training.watch(undefined, { signal: mine.signal });
          for await (const runs of lists) setState({ runs, loaded: true, failure: null });
        } catch (error) {
          const failure = toFailure(error);
          // The next life of the engine starts a watch of its own.
          if (failure.kind === 'disconnected') return;
          setState({ failure });
        }
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    },
    stop: (): void => watching?.abort(),
    /** Whether this machine can train, and what it could train on. */
    look: async (): Promise<void> => {
      await Promise.all([
        loader.load(() => engine.client().training.runtime()),
        engine
          .client()
          .training.sample()
          .then((sample) => setState({ sample }))
          // Without an answer there is no sample to offer.
          .catch(() => {}),
      ]);
    },
    /** One thing a run at a time; false where another is under way. Rejects as the engine does. */
    tell: async (id: string, what: 'pause' | 'resume' | 'stop' | 'delete'): Promise<boolean> => {
      if (getState().told.has(id)) return false;
      setTold(id, true);
      try {
        await engine.client().training[what]({ id });
        if (what === 'delete') setState(({ runs }) => ({ runs: runs.filter((run) => run.id !== id) }));
        return true;
      } finally {
        setTold(id, false);
      }
    },
  };
}
export type RunsStore = ReturnType<typeof createRunsStore>;

export function runOf(state: RunsState, id: string | null): Run | null {
  return state.runs.find((run) => run.id === id) ?? null;
}
