import { cancelled } from '../contract/errors.ts';

/** A waiting line: one holder at a time, first come, first served. */
export interface Turns {
  /** How many come before whoever takes a turn now. */
  readonly ahead: number;
  /** Resolves with what gives the turn back. Throws ExpectedError 'cancelled' when stopped while waiting. */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createTurns(): Turns {
  const waiting: (() => void)[] = [];
  let held = false;

  const giveBack = (): void => {
    const next = waiting.shift();
    if (next) next();
    else held = false;
  };
  const once = (work: () => void): (() => void) => {
    let done = false;
    return () => {
      if (done) return;
      done = true;
      work();
    };
  };

  return {
    get ahead() {
      return waiting.length + (held ? 1 : 0);
    },
    async take(signal) {
      if (signal.aborted) throw cancelled();
      if (held) {
        await new Promise<void>((resolve, reject) => {
          const stop = (): void => {
            waiting.splice(waiting.indexOf(go), 1);
            reject(cancelled());
          };
          const go = (): void => {
            signal.removeEventListener('abort', stop);
            resolve();
          };
          waiting.push(go);
          signal.addEventListener('abort', stop, { once: true });
        });
      }
      held = true;
      return once(giveBack);
    },
  };
}
