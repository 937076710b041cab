import { ExpectedError } from '../../contract/errors.ts';

/**
 * Checks that the checkpoint holds what its config.json promises, so that a mismatch is a sentence and no bug. Throws
 * ExpectedError 'model_unsupported'; `part` is the projector or fusion, by its name.
 */
export function requireTensor(weights: { has(name: string): boolean }, part: string, name: string): void {
  if (weights.has(name)) return;
  throw new ExpectedError(
    'model_unsupported',
    `The model is said to have a ${part}, but its checkpoint has no ${name} for it.`,
    'Check that config.json and the checkpoint belong together.',
  );
}
