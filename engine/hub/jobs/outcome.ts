import { cancelled, ExpectedError, type ExpectedErrorData } from '../../contract/errors.ts';

/** What a job failed of, for people; a bug goes to the log with its stack. */
export function errorOf(error: unknown, id: string): ExpectedErrorData {
  if (error instanceof ExpectedError) return error.toData();
  console.error(`Bug in the job ${id}:`, error);
  return {
    code: 'engine_stopped',
    sentence: 'The engine failed inside while it worked on this job.',
    remedy: 'Try it again; if it happens again, run the doctor and look into the log.',
  };
}

/** Throws 'cancelled' when it is stopped meanwhile. */
export function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(cancelled());
    };
    if (signal.aborted) return reject(cancelled());
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
