import { createStore } from 'zustand/vanilla';

export interface ComposerState {
  readonly draft: string;
  /** Counts the wishes to write, so that the field can take the focus. */
  readonly focusWishes: number;
}

/** The question being written; it outlives a change of the conversation on screen. */
export function createComposerStore() {
  const store = createStore<ComposerState>(() => ({ draft: '', focusWishes: 0 }));
  return {
    store,
    write: (draft: string): void => store.setState({ draft }),
    focus: (): void => store.setState((state) => ({ focusWishes: state.focusWishes + 1 })),
  };
}
export type ComposerStore = ReturnType<typeof createComposerStore>;
