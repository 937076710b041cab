import type { FeatureCache, FeatureKey } from '../answering/feature-cache.ts';
import { ExpectedError } from '../contract/errors.ts';
import { readExamples } from './examples.ts';
import { readState, runFile, runFolders } from './run-folder.ts';

/** Bytes of features that are kept from one run to the next. */
export const featuresLimit: number = 20 * 1024 ** 3;

/**
 * Removes features that were used longest ago where all take more than `largest` bytes. Those that a run counts on which is
 * not done stay, even if they take more. To be called by who has the turn: nobody else makes features meanwhile.
 */
export async function limitFeatures(cache: FeatureCache, runs: string, largest: number): Promise<void> {
  const needed: FeatureKey[] = [];
  for (const folder of runFolders(runs)) needed.push(...(await featuresOf(folder)));
  await cache.shrink(largest, needed);
}

async function featuresOf(folder: string): Promise<readonly FeatureKey[]> {
  try {
    if (readState(folder).state === 'done') return [];
    const examples = await readExamples(runFile(folder, 'examples'));
    return (examples ?? []).flatMap(({ features }) => (features ?? []).map(({ key }) => key));
  } catch (error) {
    // A damaged run says so where it is looked at.
    if (error instanceof ExpectedError) return [];
    throw error;
  }
}
