import { createStore } from 'zustand/vanilla';

export type TrainView =
  | { readonly kind: 'list' }
  | { readonly kind: 'wizard' }
  | { readonly kind: 'run'; readonly id: string }
  | { readonly kind: 'compare'; readonly ids: readonly string[] };

export const compareRuns = { least: 2, most: 4 } as const;

export interface TrainViewState {
  readonly view: TrainView;
  /** Runs that are picked for a comparison, in the order in which they were. */
  readonly picked: readonly string[];
  /** How much of the past the smoothed loss keeps, 0 to below 1. */
  readonly smoothing: number;
}

/** Which page of the Train screen is shown. */
export function createTrainViewStore() {
  const store = createStore<TrainViewState>(() => ({ view: { kind: 'list' }, picked: [], smoothing: 0.8 }));
  return {
    store,
    show: (view: TrainView): void => store.setState({ view }),
    pick: (id: string, on: boolean): void =>
      store.setState(({ picked }) => ({
        picked: on
          ? [...picked.filter((other) => other !== id), id].slice(0, compareRuns.most)
          : picked.filter((other) => other !== id),
      })),
    smooth: (smoothing: number): void => store.setState({ smoothing }),
  };
}
export type TrainViewStore = ReturnType<typeof createTrainViewStore>;
