import { createStore } from 'zustand/vanilla';
import type { CatalogueEntry, RepoDetail, RepoSummary } from '../../engine/contract/hub.ts';
import { type Loadable, latest, unloaded } from '../lib/loadable.ts';
import type { EngineAccess } from './engine.ts';

export interface HubState {
  readonly catalogue: Loadable<readonly CatalogueEntry[]>;
  /** What stands in the search field. */
  readonly query: string;
  /** What was searched for; empty shows the catalogue. */
  readonly asked: string;
  readonly results: Loadable<readonly RepoSummary[]>;
  /** The repository that is looked at. */
  readonly repo: string | null;
  readonly page: Loadable<RepoDetail>;
}

const resultLimit = 50;

/** What can be had: the catalogue that comes with the application, and Hugging Face when the user asks it. */
export function createHubStore(engine: EngineAccess) {
  const store = createStore<HubState>(() => ({
    catalogue: unloaded,
    query: '',
    asked: '',
    results: unloaded,
    repo: null,
    page: unloaded,
  }));
  const { getState, setState } = store;
  const catalogue = latest<readonly CatalogueEntry[]>((change) =>
    setState((state) => ({ catalogue: { ...state.catalogue, ...change } })),
  );
  const results = latest<readonly RepoSummary[]>((change) =>
    setState((state) => ({ results: { ...state.results, ...change } })),
  );
  const page = latest<RepoDetail>((change) => setState((state) => ({ page: { ...state.page, ...change } })));

  const loadPage = async (): Promise<void> => {
    const { repo } = getState();
    if (repo !== null) await page.load(() => engine.client().hub.repo({ repo, revision: null }));
  };

  return {
    store,
    loadCatalogue: async (): Promise<void> => {
      await catalogue.load(() => engine.client().hub.catalogue());
    },
    write: (query: string): void => setState({ query }),
    /** Sends what was written to Hugging Face: on Enter, never while typing. */
    search: async (): Promise<void> => {
      const query = getState().query.trim();
      results.forget();
      page.forget();
      setState({ asked: query, repo: null });
      if (query === '') return;
      await results.load(() => engine.client().hub.search({ query, limit: resultLimit }));
    },
    /** Back to the catalogue. */
    leave: (): void => {
      results.forget();
      page.forget();
      setState({ query: '', asked: '', repo: null });
    },
    open: async (repo: string | null): Promise<void> => {
      page.forget();
      setState({ repo });
      await loadPage();
    },
    reloadPage: loadPage,
  };
}
export type HubStore = ReturnType<typeof createHubStore>;
