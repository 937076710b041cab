import { createStore } from 'zustand/vanilla';
import type { RunSample } from '../../engine/contract/training.ts';
import { type Loadable, latest, unloaded } from '../lib/loadable.ts';
import type { EngineAccess } from './engine.ts';

export const runTabs = ['curves', 'answers', 'checkpoints', 'settings', 'log'] as const;
export type RunTab = (typeof runTabs)[number];

export interface RunPageState {
  readonly id: string | null;
  readonly tab: RunTab;
  readonly samples: Loadable<readonly RunSample[]>;
  readonly log: Loadable<string>;
}

/** What the page of one run shows beside its curves. */
export function createRunPageStore(engine: EngineAccess) {
  const store = createStore<RunPageState>(() => ({
    id: null,
    tab: 'curves',
    samples: unloaded,
    log: unloaded,
  }));
  const { getState, setState } = store;
  const samples = latest<readonly RunSample[]>((change) =>
    setState((state) => ({ samples: { ...state.samples, ...change } })),
  );
  const log = latest<string>((change) => setState((state) => ({ log: { ...state.log, ...change } })));

  /** Fetches again what the shown tab shows. */
  const refresh = async (): Promise<void> => {
    const { id, tab } = getState();
    if (id === null) return;
    if (tab === 'answers') await samples.load(() => engine.client().training.samples({ id }));
    if (tab === 'log') await log.load(async () => (await engine.client().training.log({ id })).text);
  };

  return {
    store,
    refresh,
    open: (id: string | null): void => {
      if (id === getState().id) return;
      samples.forget();
      log.forget();
      setState({ id, tab: 'curves' });
    },
    /** A tab fetches what it shows when it comes into sight. */
    showTab: (tab: RunTab): void => setState({ tab }),
  };
}
export type RunPageStore = ReturnType<typeof createRunPageStore>;
