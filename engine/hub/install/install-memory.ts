import * as z from 'zod';

const hashSchema = z.object({ bytes: z.number(), modified: z.number(), sha256: z.string() });

/** What the next run of an install or a repair has to do as this one did. */
const memorySchema = z.object({
  /** By repository: the commit that it works with. */
  pins: z.record(z.string(), z.string()),
  /** Null until the source was looked at. */
  modelId: z.string().nullable(),
  hashes: z.record(z.string(), hashSchema),
});
export type InstallMemory = z.infer<typeof memorySchema>;

export function installMemory(kept: unknown): InstallMemory {
  return memorySchema.safeParse(kept).data ?? { pins: {}, modelId: null, hashes: {} };
}
