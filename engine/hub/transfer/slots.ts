import { cancelled } from '../../contract/errors.ts';

/** How many connections there may be at once, for all files together. */
export interface Slots {
  /** Waits its turn. Throws ExpectedError 'cancelled' while waiting. */
  use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  const enter = (signal: AbortSignal): Promise<void> => {
    if (signal.aborted) return Promise.reject(cancelled());
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        waiting.splice(waiting.indexOf(turn), 1);
        reject(cancelled());
      };
      const turn = (): void => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      waiting.push(turn);
      signal.addEventListener('abort', stop, { once: true });
    });
  };
  return {
    async use(signal, work) {
      await enter(signal);
      try {
        return await work();
      } finally {
        release();
      }
    },
  };
}
