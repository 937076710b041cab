import { ExpectedError, errorFrom } from '../../contract/errors.ts';
import type { Job } from '../../contract/jobs.ts';
import type { CommandContext } from './command.ts';
import { bytesText, secondsText } from './figures.ts';
import { createProgress } from './terminal.ts';

const verbs: Readonly<Record<NonNullable<Job['stage']>['name'], string>> = {
  resolve: 'Looking',
  download: 'Fetching',
  convert: 'Converting',
  measure: 'Measuring',
  check: 'Checking',
  copy: 'Copying',
};

/**
 * Shows a job's progress until it ends; Ctrl-C pauses it and says how to go on. Resolves with the job when it is done or
 * was stopped. Throws ExpectedError with what it failed of.
 */
export async function followJob({ client, terminal }: CommandContext, id: string): Promise<Job> {
  const progress = createProgress(terminal);
  let paused = false;
  const pause = (): void => {
    paused = true;
    void client.jobs.pause({ id });
  };
  if (terminal.signal.aborted) pause();
  else terminal.signal.addEventListener('abort', pause, { once: true });
  let stage = '';
  let notes = 0;
  try {
    for await (const jobs of await client.jobs.watch()) {
      const job = jobs.find((each) => each.id === id);
      if (!job) throw gone();
      for (const note of job.notes.slice(notes)) progress.line(`Note: ${note}`);
      notes = job.notes.length;
      if (job.state === 'failed' && job.error) throw errorFrom(job.error);
      if (job.state === 'done' || job.state === 'cancelled') return job;
      if (job.state === 'paused') {
        progress.line(
          `Paused at ${Math.floor(100 * job.fraction)} %. Go on with: merv jobs resume ${job.id.slice(0, 8)}`,
        );
        return job;
      }
      if (job.stage && job.stage.name !== stage && !paused) {
        stage = job.stage.name;
        progress.line(`${verbs[job.stage.name]} (${job.title})`);
      }
      progress.step(lineOf(job));
    }
    throw gone();
  } finally {
    progress.clear();
    terminal.signal.removeEventListener('abort', pause);
  }
}

/** "Fetching 43 %, 1.2 GB of 2.8 GB, 24 MB/s, 1 min left: model.safetensors" */
export function lineOf({ state, stage, fraction, bytesPerSecond, secondsLeft }: Job): string {
  if (!stage) return state === 'queued' ? 'Waiting for its turn' : 'Beginning';
  const { name, detail, done, total, unit } = stage;
  const amount =
    unit === 'bytes' ? `${bytesText(done)} of ${bytesText(total)}` : `${done} of ${total} ${unit}`;
  const parts = [
    `${verbs[name]} ${Math.floor(100 * fraction)} %`,
    amount,
    ...(bytesPerSecond === null ? [] : [`${bytesText(bytesPerSecond)}/s`]),
    ...(secondsLeft === null ? [] : [`${secondsText(secondsLeft)} left`]),
  ];
  return `${parts.join(', ')}${detail === '' ? '' : `: ${detail}`}`;
}

function gone(): ExpectedError {
  return new ExpectedError('not_found', 'The job was taken off the list.', 'Look at `merv jobs`.');
}
