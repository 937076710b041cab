import { createStore } from 'zustand/vanilla';
import { clamp } from '../lib/clip.ts';
import { recall, remember } from '../lib/storage.ts';

export interface LayoutState {
  /** In a wide window the sidebar pushes the rest aside; in a narrow one it is a drawer over it. */
  readonly sidebar: boolean;
  readonly drawer: boolean;
  readonly sampling: boolean;
  readonly shortcuts: boolean;
  /** The strips under the video. */
  readonly frames: boolean;
  /** The part of the width that the video takes beside the conversation. */
  readonly split: number;
  /** Counts the wishes to search, so that the field can take the focus. */
  readonly searchWishes: number;
}

const flag = (value: unknown) => (typeof value === 'boolean' ? value : null);
export const splitLimits = { low: 0.35, high: 0.7 } as const;

/** What is folded out. */
export function createLayoutStore() {
  const store = createStore<LayoutState>(() => ({
    sidebar: recall('sidebar', true, flag),
    drawer: false,
    sampling: false,
    shortcuts: false,
    frames: recall('frames', true, flag),
    split: recall('split', 0.53, (value) => (typeof value === 'number' ? clampSplit(value) : null)),
    searchWishes: 0,
  }));
  const { getState, setState } = store;
  return {
    store,
    toggleSidebar: (narrow: boolean): void => {
      if (narrow) {
        setState((state) => ({ drawer: !state.drawer }));
        return;
      }
      const sidebar = !getState().sidebar;
      remember('sidebar', sidebar);
      setState({ sidebar });
    },
    closeDrawer: (): void => setState({ drawer: false }),
    /** Folds the sidebar out and asks its search field to take the focus. */
    searchHistory: (narrow: boolean): void =>
      setState((state) => ({
        searchWishes: state.searchWishes + 1,
        ...(narrow ? { drawer: true } : { sidebar: true }),
      })),
    toggleFrames: (): void => {
      const frames = !getState().frames;
      remember('frames', frames);
      setState({ frames });
    },
    setSplit: (split: number): void => {
      remember('split', clampSplit(split));
      setState({ split: clampSplit(split) });
    },
    showSampling: (sampling: boolean): void => setState({ sampling }),
    showShortcuts: (shortcuts: boolean): void => setState({ shortcuts }),
  };
}

function clampSplit(value: number): number {
  return clamp(value, splitLimits.low, splitLimits.high);
}
