import { createStore } from 'zustand/vanilla';
import type { Run, RunStep } from '../../engine/contract/training.ts';
import { type Failure, toFailure } from '../lib/failure.ts';
import type { EngineAccess } from './engine.ts';

export interface CurvesState {
  /** The steps of a run from its first on, without gaps. */
  readonly byRun: ReadonlyMap<string, readonly RunStep[]>;
  readonly failure: Failure | null;
}

/** The curves of the runs that are on screen. Only steps that are not here yet are fetched. */
export function createCurvesStore(engine: EngineAccess) {
  const store = createStore<CurvesState>(() => ({ byRun: new Map(), failure: null }));
  const { getState, setState } = store;
  /** Runs that are being fetched, and which state of them is wanted after that. */
  const busy = new Map<string, Run | null>();

  const put = (id: string, steps: readonly RunStep[]): void => {
    const byRun = new Map(getState().byRun);
    byRun.set(id, steps);
    setState({ byRun, failure: null });
  };

  const fetchOnce = async (run: Run): Promise<void> => {
    const { id } = run;
    const { training } = engine.client();
    const known = getState().byRun.get(id) ?? [];
    const more = await training.metrics({ id, from: known.length });
    const last = known.at(-1)?.step;
    const first = more[0]?.step;
    // A trainer that was killed went back to its last checkpoint: what came after that is made again.
    const wentBack = last !== undefined && (first === undefined ? run.step < last : first !== last + 1);
    if (wentBack) put(id, await training.metrics({ id, from: 0 }));
    else if (more.length > 0 || !getState().byRun.has(id)) put(id, [...known, ...more]);
  };

  return {
    store,
    /** Fetches what this state of the run has beyond what is known. */
    follow: async (run: Run): Promise<void> => {
      if (busy.has(run.id)) {
        busy.set(run.id, run);
        return;
      }
      for (let wanted: Run | null = run; wanted !== null; ) {
        busy.set(run.id, null);
        try {
          await fetchOnce(wanted);
        } catch (error) {
          const failure = toFailure(error);
          if (failure.kind !== 'disconnected') setState({ failure });
        }
        wanted = busy.get(run.id) ?? null;
      }
      busy.delete(run.id);
    },
    forget: (id: string): void => {
      const byRun = new Map(getState().byRun);
      byRun.delete(id);
      setState({ byRun });
    },
  };
}
export type CurvesStore = ReturnType<typeof createCurvesStore>;
