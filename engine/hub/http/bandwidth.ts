import { pause } from './retry.ts';

/** One limit that all transfers share. */
export interface Bandwidth {
  /** Resolves when so many bytes may pass. Throws ExpectedError 'cancelled'. */
  take(bytes: number, signal: AbortSignal | undefined): Promise<void>;
}

/** How much may pass at once after a silence, as seconds of the limit. */
const burstSeconds = 0.25;
/** A limit that changes takes effect within this. */
const longestWaitMs = 100;

/**
 * A token bucket. What passed is taken off the bucket, which may go below nothing; the next one waits until it is
 * filled again, so that a piece larger than the bucket passes too.
 * @param setting bytes a second; null for none. Asked ten times a second at most: it may be a look into a database.
 */
export function createBandwidth(setting: () => number | null): Bandwidth {
  let asked = Number.NEGATIVE_INFINITY;
  let known: number | null = null;
  const limit = (): number | null => {
    const now = performance.now();
    if (now - asked >= longestWaitMs) {
      asked = now;
      known = setting();
    }
    return known;
  };
  let level = 0;
  let filledAt = performance.now();
  let queue: Promise<void> = Promise.resolve();

  /** Milliseconds until the bucket is at nothing or above. */
  const debt = (): number => {
    const rate = limit();
    const now = performance.now();
    if (rate === null) {
      level = 0;
      filledAt = now;
      return 0;
    }
    level = Math.min(rate * burstSeconds, level + ((now - filledAt) / 1000) * rate);
    filledAt = now;
    return level >= 0 ? 0 : (-level / rate) * 1000;
  };

  return {
    take(bytes, signal) {
      if (limit() === null) return Promise.resolve();
      const turn = queue.then(async () => {
        for (let wait = debt(); wait > 0; wait = debt())
          await pause(Math.min(longestWaitMs, Math.ceil(wait)), signal);
        level -= bytes;
      });
      queue = turn.catch(() => {});
      return turn;
    },
  };
}
