import { createStore } from 'zustand/vanilla';
import type { ModelDetail } from '../../engine/contract/models.ts';
import { type Failure, toFailure } from '../lib/failure.ts';
import { type Loadable, latest, unloaded } from '../lib/loadable.ts';
import type { EngineAccess } from './engine.ts';

export const detailTabs = ['overview', 'tensors', 'files', 'configuration', 'prompt'] as const;
export type DetailTab = (typeof detailTabs)[number];

/** The last check of a model's files. */
export type Verification =
  | { readonly kind: 'none' }
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly problems: readonly string[] }
  | { readonly kind: 'failed'; readonly failure: Failure };

export interface InspectorState {
  /** The model that is looked at; null shows the list alone in a narrow window. */
  readonly id: string | null;
  readonly tab: DetailTab;
  readonly detail: Loadable<ModelDetail>;
  readonly verification: Verification;
}

/** The model whose insides are on screen. */
export function createInspectorStore(engine: EngineAccess) {
  const store = createStore<InspectorState>(() => ({
    id: null,
    tab: 'overview',
    detail: unloaded,
    verification: { kind: 'none' },
  }));
  const { getState, setState } = store;
  const loader = latest<ModelDetail>((change) =>
    setState((state) => ({ detail: { ...state.detail, ...change } })),
  );

  const reload = async (): Promise<void> => {
    const { id } = getState();
    if (id !== null) await loader.load(() => engine.client().models.inspect({ id }));
  };

  return {
    store,
    reload,
    open: async (id: string | null): Promise<void> => {
      if (id === getState().id) return;
      loader.forget();
      setState({ id, verification: { kind: 'none' } });
      await reload();
    },
    showTab: (tab: DetailTab): void => setState({ tab }),
    /** Hashes every file of the model, which takes as long as reading it. */
    verify: async (): Promise<void> => {
      const { id, verification } = getState();
      if (id === null || verification.kind === 'running') return;
      setState({ tab: 'files', verification: { kind: 'running' } });
      let result: Verification;
      try {
        const { problems } = await engine.client().models.verify({ id });
        result = { kind: 'done', problems };
      } catch (error) {
        result = { kind: 'failed', failure: toFailure(error) };
      }
      if (getState().id === id) setState({ verification: result });
    },
  };
}
export type InspectorStore = ReturnType<typeof createInspectorStore>;
