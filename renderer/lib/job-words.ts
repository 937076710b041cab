import type { Job } from '../../engine/contract/jobs.ts';
import { formatBytes, formatCount } from './numbers.ts';

/** What a job is at, for people: "Downloading model.safetensors". */
export function stageWords(job: Job): string {
  switch (job.state) {
    case 'queued':
      return 'Waiting for its turn';
    case 'paused':
      return 'Paused';
    case 'failed':
      return 'Failed';
    case 'done':
      return doneWords[job.kind];
    case 'cancelled':
      return 'Cancelled';
    case 'running': {
      if (job.stage === null) return 'Starting';
      const { name, detail } = job.stage;
      return detail === '' ? stageVerbs[name] : `${stageVerbs[name]} ${detail}`;
    }
    default:
      return job.state satisfies never;
  }
}

const doneWords: Readonly<Record<Job['kind'], string>> = {
  install: 'Installed',
  repair: 'Repaired',
  export: 'Exported',
  move: 'Moved',
  libtorch: 'Installed',
};

const stageVerbs: Readonly<Record<NonNullable<Job['stage']>['name'], string>> = {
  resolve: 'Looking up',
  download: 'Downloading',
  convert: 'Converting',
  measure: 'Measuring',
  check: 'Checking',
  copy: 'Copying',
};

/** The stages that a kind of job goes through, in order, with a word for each. */
export const stagesOf: Readonly<
  Record<Job['kind'], readonly { readonly name: NonNullable<Job['stage']>['name']; readonly title: string }[]>
> = {
  install: [
    { name: 'resolve', title: 'Look up' },
    { name: 'download', title: 'Download' },
    { name: 'convert', title: 'Convert' },
    { name: 'measure', title: 'Measure' },
  ],
  repair: [
    { name: 'check', title: 'Check' },
    { name: 'download', title: 'Download' },
    { name: 'convert', title: 'Convert' },
    { name: 'measure', title: 'Measure' },
  ],
  export: [{ name: 'copy', title: 'Copy' }],
  move: [{ name: 'copy', title: 'Copy' }],
  libtorch: [
    { name: 'resolve', title: 'Look up' },
    { name: 'download', title: 'Download' },
    { name: 'check', title: 'Check' },
    { name: 'copy', title: 'Unpack' },
  ],
};

/** "1.2 of 3.4 GB", "12 of 290 tensors". */
export function stageAmount(stage: NonNullable<Job['stage']>): string {
  const { done, total, unit } = stage;
  if (total <= 0) return '';
  if (unit === 'bytes') return `${formatBytes(done)} of ${formatBytes(total)}`;
  return `${formatCount(done)} of ${formatCount(total)} ${total === 1 ? unit.slice(0, -1) : unit}`;
}

/** "4 s left", "12 min left", "1 h 20 min left". */
export function timeLeft(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min left`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h left` : `${Math.floor(minutes / 60)} h ${rest} min left`;
}

/** A job that will still do something by itself. */
export function isActive(job: Job): boolean {
  return job.state === 'running' || job.state === 'queued';
}

/** All jobs that are on as one, 0 to 1; null where there is none. */
export function overallFraction(jobs: readonly Job[]): number | null {
  const active = jobs.filter(isActive);
  if (active.length === 0) return null;
  return active.reduce((sum, job) => sum + job.fraction, 0) / active.length;
}
