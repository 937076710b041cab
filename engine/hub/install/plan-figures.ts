import { totalmem } from 'node:os';
import type { InstallPlan } from '../../contract/hub.ts';
import type { Hub } from '../huggingface/hub.ts';
import { diskProblems } from './disk-needs.ts';
import { memoryProblems, memoryWarnings, type PlanProblem } from './problems.ts';

export interface PlanOptions {
  readonly hub: Hub;
  readonly resourcesFolder: string;
  readonly modelsFolder: string;
  readonly cacheFolder: string;
  readonly signal: AbortSignal | undefined;
}

export interface Plan extends Omit<InstallPlan, 'problems'> {
  readonly problems: PlanProblem[];
}

/** What a kind of source has to say; the rest is this machine's. */
export type PlanFacts = Pick<
  Plan,
  | 'source'
  | 'modelId'
  | 'name'
  | 'kind'
  | 'description'
  | 'parts'
  | 'downloadBytes'
  | 'modelBytes'
  | 'conversionMemoryBytes'
  | 'runMemoryBytes'
>;

/** `newBytes`: what the models folder grows by. */
export async function finishPlan(
  known: PlanFacts,
  newBytes: number,
  problems: readonly PlanProblem[],
  { cacheFolder, modelsFolder }: PlanOptions,
): Promise<Plan> {
  const disk = await diskProblems({
    download: { folder: cacheFolder, bytes: known.downloadBytes },
    models: { folder: modelsFolder, bytes: newBytes },
  });
  const figures = { ...known, totalMemoryBytes: totalmem() };
  return {
    ...figures,
    peakDiskBytes: known.downloadBytes + newBytes,
    freeDiskBytes: disk.free,
    problems: [...problems, ...disk.problems, ...memoryProblems(figures)],
    warnings: [...memoryWarnings(figures)],
  };
}
