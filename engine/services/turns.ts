import { cancelled } from '../contract/errors.ts';

export type TurnFor = 'answer' | 'warm';

/** A waiting line for the models: one holder at a time, first come, first served. */
export interface Turns {
  /** How many answers come before whoever takes a turn now. */
  readonly answersAhead: number;
  /** Resolves with what gives the turn back. Throws ExpectedError 'cancelled' when stopped while waiting. */
  take(what: TurnFor, signal: AbortSignal): Promise<() => void>;
}

interface Waiting {
  readonly what: TurnFor;
  readonly go: () => void;
}

export function createTurns(): Turns {
  const waiting: Waiting[] = [];
  let holder: TurnFor | null = null;

  const giveBack = (): void => {
    const next = waiting.shift();
    holder = next?.what ?? null;
    next?.go();
  };
  const once = (work: () => void): (() => void) => {
    let done = false;
    return () => {
      if (done) return;
      done = true;
      work();
    };
  };
  const wait = (what: TurnFor, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const entry: Waiting = {
        what,
        go() {
          signal.removeEventListener('abort', stop);
          resolve();
        },
      };
      const stop = (): void => {
        waiting.splice(waiting.indexOf(entry), 1);
        reject(cancelled());
      };
      waiting.push(entry);
      signal.addEventListener('abort', stop, { once: true });
    });

  return {
    get answersAhead() {
      return [holder, ...waiting.map(({ what }) => what)].filter((what) => what === 'answer').length;
    },
    async take(what, signal) {
      if (signal.aborted) throw cancelled();
      if (holder === null) holder = what;
      else await wait(what, signal);
      return once(giveBack);
    },
  };
}
