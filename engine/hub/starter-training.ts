import { join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import type { AdapterScale } from '../models/overlay.ts';
import { hashOf } from './starter-files.ts';

/** Of the starter's adapters (build/scripts/train-starter/language.ts). */
export const starterAdapter: AdapterScale = { rank: 16, alpha: 32 };

export interface TrainedFile {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
}

/** What was trained of the starter and comes with the application; made by build/scripts/train-starter. */
export interface StarterTraining {
  readonly motion: TrainedFile;
  readonly adapter: TrainedFile;
}

/** Throws ExpectedError 'file_missing'. */
export async function starterTraining(resourcesFolder: string): Promise<StarterTraining> {
  const file = async (name: string): Promise<TrainedFile> => {
    const path = join(resourcesFolder, 'starter', name);
    try {
      return { name, path, sha256: await hashOf(path) };
    } catch (cause) {
      throw new ExpectedError(
        'file_missing',
        `The starter model's trained weights ${path} cannot be read.`,
        'Install MERV Studio again.',
        { cause },
      );
    }
  };
  return { motion: await file('motion.safetensors'), adapter: await file('adapter.safetensors') };
}
