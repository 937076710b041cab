import type { Job } from '../../contract/jobs.ts';
import { type JobProgress, noProgress } from '../../store/jobs.ts';

type Stage = NonNullable<Job['stage']>;

/** How far a job is, of all its stages together. */
export interface Progress {
  /** The stages in their order, and how long each takes next to the others. */
  plan(stages: readonly (readonly [Stage['name'], number])[]): void;
  /**
   * Where it is. Cheap: may be called for every piece of a file. `share`: how much of the stage is done, where done and
   * total tell of one of its pieces only.
   */
  at(stage: Stage, share?: number): void;
  /** Saves what was held back. */
  flush(): void;
}

/** At most ten times a second. */
const saveEveryMs = 100;
/** Speeds are those of the last seconds. */
const windowMs = 8000;

interface Sample {
  readonly at: number;
  readonly bytes: number;
  readonly fraction: number;
}

/** `save` gets the newest progress, not more often than every 100 ms within a stage. `now`: milliseconds. */
export function createProgress(
  save: (progress: JobProgress) => void,
  now: () => number = Date.now,
): Progress {
  let weights: readonly (readonly [Stage['name'], number])[] = [];
  let latest = noProgress;
  let savedAt = 0;
  let held = false;
  let samples: Sample[] = [];

  const fractionOf = ({ name, done, total }: Stage, given?: number): number => {
    const sum = weights.reduce((all, [, weight]) => all + weight, 0);
    const at = weights.findIndex(([each]) => each === name);
    if (at < 0 || sum === 0) return latest.fraction;
    const before = weights.slice(0, at).reduce((all, [, weight]) => all + weight, 0);
    const share = Math.min(1, given ?? (total > 0 ? done / total : 0));
    return (before + weights[at]![1] * share) / sum;
  };
  const flush = (): void => {
    if (!held) return;
    held = false;
    savedAt = now();
    save(latest);
  };

  return {
    plan(stages) {
      weights = stages;
    },
    at(stage, share) {
      const fraction = fractionOf(stage, share);
      const changed = stage.name !== latest.stage?.name;
      if (changed) samples = [];
      const sample = { at: now(), bytes: stage.unit === 'bytes' ? stage.done : 0, fraction };
      if (sample.at - (samples.at(-1)?.at ?? 0) >= saveEveryMs) samples.push(sample);
      samples = samples.filter(({ at }) => sample.at - at <= windowMs);
      latest = { stage, fraction, ...speedsOf(samples, stage.unit === 'bytes', fraction) };
      held = true;
      if (changed || now() - savedAt >= saveEveryMs) flush();
    },
    flush,
  };
}

function speedsOf(
  samples: readonly Sample[],
  inBytes: boolean,
  fraction: number,
): Pick<JobProgress, 'bytesPerSecond' | 'secondsLeft'> {
  const [first, last] = [samples[0], samples.at(-1)];
  const seconds = first && last ? (last.at - first.at) / 1000 : 0;
  if (!first || !last || seconds < 1) return { bytesPerSecond: null, secondsLeft: null };
  const rate = (last.fraction - first.fraction) / seconds;
  return {
    bytesPerSecond: inBytes ? Math.max(0, (last.bytes - first.bytes) / seconds) : null,
    secondsLeft: rate > 0 ? (1 - fraction) / rate : null,
  };
}
