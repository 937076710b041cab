import * as z from 'zod';
import { expectedErrorSchema } from '../contract/errors.ts';
import { preflightSchema, savingSchema } from '../contract/training.ts';

/** What a preflight's process writes into its folder. */
export const preflightEventSchema = z.discriminatedUnion('kind', [
  /** `savings`: for the case that its memory does not suffice, which ends a process without a word. */
  z.object({ kind: z.literal('progress'), detail: z.string(), savings: z.array(savingSchema) }),
  z.object({ kind: z.literal('done'), preflight: preflightSchema }),
  z.object({ kind: z.literal('failed'), error: expectedErrorSchema, savings: z.array(savingSchema) }),
]);
export type PreflightEvent = z.infer<typeof preflightEventSchema>;
export const preflightFile = 'preflight.json';
