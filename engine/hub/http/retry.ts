import { cancelled } from '../../contract/errors.ts';
import { httpFailureOf } from './failure.ts';

/** How often and how patiently something is tried again. */
export interface RetryPolicy {
  /** Failures in a row after which it is given up. */
  readonly attempts: number;
  /** Milliseconds before the first repetition; doubled with each further one. */
  readonly baseMs: number;
  readonly longestMs: number;
}

/**
 * Milliseconds before the next try: exponential with full jitter above one half, so that many clients do not come back
 * together; at least what the server asked for (Retry-After).
 * @param failures so far, from 1.
 */
export function backOff(policy: RetryPolicy, failures: number, retryAfterMs: number | null): number {
  const longest = Math.min(policy.longestMs, policy.baseMs * 2 ** (failures - 1));
  return Math.max(retryAfterMs ?? 0, longest * (0.5 + Math.random() / 2));
}

/** Runs it again after failures that may pass. Throws what the last one threw, or 'cancelled'. */
export async function withRetry<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  run: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await run();
    } catch (error) {
      const failure = httpFailureOf(error);
      if (failure?.retryable !== true || failures >= policy.attempts) throw error;
      const wait = backOff(policy, failures, failure.retryAfterMs);
      // Asked to stay away for longer than this operation is willing to wait: say so instead.
      if (failure.retryAfterMs !== null && failure.retryAfterMs > policy.longestMs) throw error;
      await pause(wait, signal);
    }
  }
}

/** Throws ExpectedError 'cancelled' as soon as the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) throw cancelled();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(cancelled());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
