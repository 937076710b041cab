import * as z from 'zod';

/** Which build of libtorch: for the processor alone, or also for a GPU of NVIDIA's. */
export const libtorchBuilds = ['cpu', 'cuda'] as const;
export const libtorchBuildSchema = z.enum(libtorchBuilds);
export type LibtorchBuild = z.infer<typeof libtorchBuildSchema>;

/** What fetching libtorch would take; nothing is fetched yet. */
export const libtorchPlanSchema = z.object({
  version: z.string(),
  build: libtorchBuildSchema,
  /** "linux-x64" */
  platform: z.string(),
  /** Where it goes; absolute. */
  folder: z.string(),
  /** What is fetched, each with the hash that its own index names. */
  archives: z.array(
    z.object({
      name: z.string(),
      url: z.string(),
      /** The host that it comes from. */
      host: z.string(),
      bytes: z.number(),
      sha256: z.string(),
    }),
  ),
  downloadBytes: z.number(),
  /** Of the libraries, once they are unpacked. */
  installedBytes: z.number(),
  /** At the worst moment: archives and libraries together, less what is fetched already. */
  diskBytes: z.number(),
  freeDiskBytes: z.number().nullable(),
  /** Each forbids the start. */
  problems: z.array(z.object({ sentence: z.string(), remedy: z.string() })),
});
export type LibtorchPlan = z.infer<typeof libtorchPlanSchema>;

/** libtorch as it was fetched into the data folder. */
export const installedLibtorchSchema = z.object({
  version: z.string(),
  build: libtorchBuildSchema,
  folder: z.string(),
  bytes: z.number(),
});
export type InstalledLibtorch = z.infer<typeof installedLibtorchSchema>;

/** What a process of its own found when it loaded the libraries that training needs and answering does not. */
export const probedRuntimeSchema = z.object({
  state: z.enum(['ready', 'missing']),
  version: z.string().nullable(),
  /** What was loaded: the folder of libtorch, or the addon's file where it finds libtorch itself. */
  place: z.string().nullable(),
  devices: z.array(z.enum(['cpu', 'cuda'])),
  /** What was tried and what to do; a sentence each. */
  attempts: z.array(z.string()),
  remedy: z.string().nullable(),
  /** Whether libtorch is all that is missing: the rest of the training engine is here. */
  lacksLibtorch: z.boolean(),
});
export type ProbedRuntime = z.infer<typeof probedRuntimeSchema>;

export const trainingRuntimeSchema = probedRuntimeSchema.extend({
  /** `downloading`: a job fetches libtorch, or is paused at it. */
  state: z.enum(['ready', 'missing', 'downloading']),
  /** The job of `downloading`. */
  jobId: z.string().nullable(),
  /** Of the version that is needed; others are among the attempts. */
  installed: installedLibtorchSchema.nullable(),
  /** Builds that this machine could use, the better one last. */
  builds: z.array(libtorchBuildSchema),
});
export type TrainingRuntime = z.infer<typeof trainingRuntimeSchema>;
