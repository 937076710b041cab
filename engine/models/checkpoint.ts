import type * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import type { Weights } from '../nn/weights.ts';

/** A checkpoint's configuration, checked. Throws ExpectedError 'model_unsupported' that names what is wrong with it. */
export function readConfig<T>(family: string, schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw unsupported(family, `its configuration is not one (${issue?.path.join('.')}: ${issue?.message})`);
}

/** Throws ExpectedError 'model_incomplete' where the checkpoint lacks the tensor. */
export function shapeOf(family: string, weights: Weights, name: string): readonly number[] {
  const info = weights.tensors.get(name);
  if (info !== undefined) return info.shape;
  throw new ExpectedError(
    'model_incomplete',
    `The ${family} checkpoint has no tensor ${name}.`,
    'Fetch the whole checkpoint again.',
  );
}

/** The error of a checkpoint that this family cannot run; `why` ends the sentence. */
export function unsupported(family: string, why: string): ExpectedError {
  return new ExpectedError(
    'model_unsupported',
    `This ${family} checkpoint cannot be used: ${why}.`,
    'Choose another model.',
  );
}
