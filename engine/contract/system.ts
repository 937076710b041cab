import * as z from 'zod';

export const systemInfoSchema = z.object({
  version: z.string(),
  platform: z.string(),
  runtime: z.string(),
  dataFolder: z.string(),
  modelsFolder: z.string(),
  totalMemoryBytes: z.number(),
  /** The bundled sample clip, offered on the empty screen; null where it was not installed. */
  samplePath: z.string().nullable(),
});
export type SystemInfo = z.infer<typeof systemInfoSchema>;

export const doctorCheckSchema = z.object({
  id: z.string(),
  title: z.string(),
  status: z.enum(['ok', 'note', 'problem']),
  detail: z.string(),
  remedy: z.string().nullable(),
});
export type DoctorCheck = z.infer<typeof doctorCheckSchema>;
