import { type ErrorCode, errorFrom } from '../../contract/errors.ts';
import type { InstallPlan } from '../../contract/hub.ts';

/** Why an install may not start; the code is for whoever starts it all the same. */
export interface PlanProblem {
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly remedy: string;
  readonly url: string | null;
}

/** Conversion may take what is free of all memory but this. */
const memoryReserve = 0.5e9;

export function gigabytes(bytes: number): string {
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

type Figures = Pick<InstallPlan, 'conversionMemoryBytes' | 'runMemoryBytes' | 'totalMemoryBytes'>;

export function memoryProblems({ conversionMemoryBytes, totalMemoryBytes }: Figures): readonly PlanProblem[] {
  if (conversionMemoryBytes <= totalMemoryBytes - memoryReserve) return [];
  return [
    {
      code: 'out_of_memory',
      sentence: `Converting it takes ${gigabytes(conversionMemoryBytes)} of memory; this machine has ${gigabytes(totalMemoryBytes)}.`,
      remedy: 'Convert it on a larger machine, export it there and import it here.',
      url: null,
    },
  ];
}

export function memoryWarnings({ runMemoryBytes, totalMemoryBytes }: Figures): readonly string[] {
  if (runMemoryBytes <= totalMemoryBytes * 0.8) return [];
  const much = runMemoryBytes > totalMemoryBytes ? 'more than' : 'nearly all of what';
  return [
    `Answering takes about ${gigabytes(runMemoryBytes)} of memory, ${much} this machine has (${gigabytes(totalMemoryBytes)}): it will be slow or fail. Lower precisions need less.`,
  ];
}

export function gatedProblem(repo: string, url: string): PlanProblem {
  return {
    code: 'gated',
    sentence: `The owners of ${repo} ask to be asked before it is fetched.`,
    remedy: `Accept their conditions at ${url}, then enter a token of your account in the settings.`,
    url,
  };
}

/** The first problem as what stops a start. */
export function refuse(problems: readonly PlanProblem[]): void {
  const [first] = problems;
  if (first) throw errorFrom(first);
}
