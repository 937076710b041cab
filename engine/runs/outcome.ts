import { ExpectedError } from '../contract/errors.ts';
import { TensorError } from '../native/tensor-error.ts';
import { isDiskFull } from '../store/disk-full.ts';
import type { TrainingOutcome } from '../training/train.ts';
import type { RunState } from './run-folder.ts';

type Change = Partial<RunState>;

/** What a run's state becomes when training has returned; `stopped`: it was asked to end for good. */
export function afterTraining({ kind, step }: TrainingOutcome, stopped: boolean): Change {
  const common = { step, pid: null, secondsLeft: null };
  const done = (detail: string): Change => ({ ...common, state: 'done', detail });
  switch (kind) {
    case 'finished':
      return done(`Done after ${step} steps`);
    case 'stopped':
      return done(`Ended at step ${step}: no better for as long as it was told to wait`);
    case 'paused':
      return stopped
        ? done(`Stopped and saved at step ${step}`)
        : { ...common, state: 'paused', detail: `Paused at step ${step}` };
    default:
      return kind satisfies never;
  }
}

/** And when it has thrown, which it also does where it is asked to end before the first step. */
export function afterFailure(
  error: unknown,
  step: number,
  asked: { readonly toStop: boolean; readonly toEnd: boolean },
): Change {
  const expected = expectedOf(error);
  const common = { pid: null, secondsLeft: null };
  if (asked.toEnd && expected?.code === 'cancelled') {
    return asked.toStop
      ? { ...common, state: 'done', detail: `Stopped at step ${step}` }
      : { ...common, state: 'paused', detail: `Paused at step ${step}` };
  }
  if (expected === null) console.error('Bug in the trainer:', error);
  const shown =
    expected ??
    new ExpectedError(
      'engine_stopped',
      'The trainer failed inside.',
      'Resume it from its last checkpoint; if it happens again, look into its log.',
    );
  return { ...common, state: 'failed', detail: 'Failed', error: shown.toData() };
}

export function outOfMemory(sentence: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'out_of_memory',
    sentence,
    'Make the micro batch or the maximum length smaller, or let blocks be computed again (checkpointing).',
    cause === undefined ? undefined : { cause },
  );
}

/** Of a run whose trainer is gone and could not say why. `from`: the step of its last checkpoint. */
export function endedFromOutside(from: number): ExpectedError {
  return new ExpectedError(
    'engine_stopped',
    'The trainer was ended from outside, as the system does where memory runs out.',
    `Resume it from step ${from}; if it is ended again, save memory.`,
  );
}

/** Of a measurement that ended before it said anything; `end`: how, see StartedTrainer; `log`: what it printed. */
export function preflightEnded(end: string, log: string): ExpectedError {
  if (log !== '') console.error('The preflight ended:', log);
  // The system ends a process that takes too much memory without asking it; JavaScript's own memory ends in an abort.
  if (end === 'SIGKILL' || end === 'SIGABRT')
    return outOfMemory('The system ended the measurement, most likely because the memory did not suffice.');
  const last = log.split('\n').at(-1);
  return new ExpectedError(
    'engine_stopped',
    `The measurement ended (${end})${last ? `: ${last}` : '.'}`,
    'Try again; if it happens again, start the run without it and look into its log.',
  );
}

/** What went wrong, for people; null for a bug. */
export function expectedOf(error: unknown): ExpectedError | null {
  if (error instanceof ExpectedError) return error;
  if (error instanceof TensorError && error.kind === 'memory') {
    return outOfMemory(`There is not enough memory for a step (${error.op}).`, error);
  }
  if (isDiskFull(error)) {
    return new ExpectedError(
      'disk_full',
      'There is no space left on the disk for the run.',
      'Free some space, then resume: the last checkpoint is kept.',
      { cause: error },
    );
  }
  return null;
}
