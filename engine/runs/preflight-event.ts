import * as z from 'zod';
import { expectedErrorSchema } from '../contract/errors.ts';
import { preflightSchema } from '../contract/training.ts';

/** What a preflight's process writes into its folder. */
export const preflightEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), detail: z.string() }),
  z.object({ kind: z.literal('done'), preflight: preflightSchema }),
  z.object({ kind: z.literal('failed'), error: expectedErrorSchema }),
]);
export type PreflightEvent = z.infer<typeof preflightEventSchema>;
export const preflightFile = 'preflight.json';
