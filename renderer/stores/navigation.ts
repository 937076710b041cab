import { createStore } from 'zustand/vanilla';

export const screens = ['ask', 'models', 'discover', 'downloads', 'compare', 'train', 'settings'] as const;
export type Screen = (typeof screens)[number];

export interface NavigationState {
  readonly screen: Screen;
  /** Counts the wishes to search the screen's list, so that its field can take the focus. */
  readonly searchWishes: number;
}

/** Which screen the window shows. */
export function createNavigationStore() {
  const store = createStore<NavigationState>(() => ({ screen: 'ask', searchWishes: 0 }));
  return {
    store,
    go: (screen: Screen): void => store.setState({ screen }),
    search: (): void => store.setState((state) => ({ searchWishes: state.searchWishes + 1 })),
  };
}
export type NavigationStore = ReturnType<typeof createNavigationStore>;
