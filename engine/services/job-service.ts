import type { Job } from '../contract/jobs.ts';
import type { JobRunner } from '../hub/jobs/runner.ts';
import { pause } from './pause.ts';
import type { Procedures } from './procedures.ts';

/** Between two lists at least. */
const leastMs = 100;
/** Another engine over the same database tells nobody: it is looked after so often. */
const lookEveryMs = 400;

/** `jobs`: long work, of this engine and of others over the same data. */
export function jobService({ jobs: procedures }: Procedures, jobs: JobRunner) {
  async function* watch(signal: AbortSignal | undefined): AsyncGenerator<Job[]> {
    let sent = '';
    let wake = (): void => {};
    const stopListening = jobs.onChange(() => wake());
    const left = (): void => wake();
    signal?.addEventListener('abort', left, { once: true });
    try {
      while (!signal?.aborted && !jobs.closed) {
        const list = [...jobs.list()];
        const text = JSON.stringify(list);
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (text !== sent) {
          sent = text;
          yield list;
        }
        await pause(leastMs, signal);
        await Promise.race([changed, pause(lookEveryMs, signal)]);
      }
    } finally {
      stopListening();
      signal?.removeEventListener('abort', left);
    }
  }

  return {
    watch: procedures.watch.handler(({ signal }) => watch(signal)),
    pause: procedures.pause.handler(({ input }) => {
      jobs.pause(input.id);
      return {};
    }),
    resume: procedures.resume.handler(({ input }) => {
      jobs.resume(input.id);
      return {};
    }),
    cancel: procedures.cancel.handler(({ input }) => {
      jobs.cancel(input.id);
      return {};
    }),
    forget: procedures.forget.handler(({ input }) => {
      jobs.forget(input.id);
      return {};
    }),
  };
}
