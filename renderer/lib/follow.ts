import { type Failure, toFailure } from './failure.ts';

const retryMs = 1_000;

/**
 * Follows a list that the engine sends again at each change, for as long as this life of the engine: a list that
 * fails is asked for again, a lost connection ends it, since the next life starts a watch of its own.
 */
export function follow<T>(
  open: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
  take: (list: T) => void,
  fail: (failure: Failure) => void = () => {},
) {
  let watching: AbortController | null = null;
  return {
    watch: async (): Promise<void> => {
      watching?.abort();
      const mine = new AbortController();
      watching = mine;
      while (!mine.signal.aborted) {
        try {
          for await (const list of await open(mine.signal)) take(list);
        } catch (error) {
          const failure = toFailure(error);
          if (failure.kind === 'disconnected') return;
          fail(failure);
        }
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    },
    stop: (): void => watching?.abort(),
  };
}
