import * as z from 'zod';
import { expectedErrorSchema } from './errors.ts';

/** Long work that outlives a window and a restart. */
export const jobKinds = ['install', 'repair', 'export', 'move', 'libtorch'] as const;

export const jobStates = ['queued', 'running', 'paused', 'failed', 'done', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];

export const jobStages = ['resolve', 'download', 'convert', 'measure', 'check', 'copy'] as const;

export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(jobKinds),
  /** For people: "Install MERV full". */
  title: z.string(),
  /** The model it makes or changes. */
  modelId: z.string().nullable(),
  state: z.enum(jobStates),
  /** What it is at; null before the first and after the last. */
  stage: z
    .object({
      name: z.enum(jobStages),
      /** The file, part or tensor concerned. */
      detail: z.string(),
      done: z.number(),
      total: z.number(),
      unit: z.enum(['bytes', 'tensors', 'files', 'tokens']),
    })
    .nullable(),
  /** Of all stages together, 0 to 1. */
  fraction: z.number(),
  bytesPerSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  error: expectedErrorSchema.nullable(),
  /** Whole sentences: what was retried, what was fetched again. */
  notes: z.array(z.string()),
  createdAt: z.number(),
  updatedAt: z.number(),
});
export type Job = z.infer<typeof jobSchema>;

/** A job that is over, and only stays on the list. */
export function isEnded({ state }: Pick<Job, 'state'>): boolean {
  return state === 'done' || state === 'cancelled';
}
