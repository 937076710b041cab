import { type Failure, toFailure } from './failure.ts';

/** Something fetched from the engine. What was there stays on screen while it is fetched again. */
export interface Loadable<T> {
  readonly value: T | null;
  readonly loading: boolean;
  readonly failure: Failure | null;
}

export const unloaded = { value: null, loading: false, failure: null } as const;

/**
 * Makes a loader of which only the latest call counts. A lost connection is no failure of its own: the window says
 * so elsewhere, and the next life of the engine is asked again.
 */
export function latest<T>(put: (change: Partial<Loadable<T>>) => void): {
  load(work: () => Promise<T>): Promise<T | null>;
  forget(): void;
} {
  let ticket = 0;
  return {
    load: async (work) => {
      ticket += 1;
      const mine = ticket;
      put({ loading: true });
      try {
        const value = await work();
        if (mine !== ticket) return null;
        put({ value, loading: false, failure: null });
        return value;
      } catch (error) {
        if (mine !== ticket) return null;
        const failure = toFailure(error);
        put({ loading: false, failure });
        return null;
      }
    },
    /** Whatever is under way is not wanted any more. */
    forget: () => {
      ticket += 1;
      put(unloaded);
    },
  };
}
