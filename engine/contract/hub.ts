import * as z from 'zod';
import { partRoleSchema, precisionSchema } from './models.ts';

/** Where a model comes from. */
export const modelSourceSchema = z.discriminatedUnion('kind', [
  /** An entry of resources/catalogue.json. */
  z.object({ kind: z.literal('catalogue'), id: z.string() }),
  /** A Hugging Face repository; `path` is a folder or file in it (a MERV model's folder, one GGUF of many). */
  z.object({
    kind: z.literal('hub'),
    repo: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
    revision: z.string().nullable(),
    path: z.string().nullable(),
  }),
  /** A folder or file on this machine: MERV checkpoint, Hugging Face folder, GGUF, exported bundle. Absolute. */
  z.object({ kind: z.literal('local'), path: z.string() }),
]);
export type ModelSource = z.infer<typeof modelSourceSchema>;

export const gatedStates = ['open', 'asks', 'granted'] as const;

export const repoSummarySchema = z.object({
  repo: z.string(),
  author: z.string(),
  task: z.string().nullable(),
  downloads: z.number(),
  likes: z.number(),
  updatedAt: z.string().nullable(),
  licence: z.string().nullable(),
  /** `asks`: its owner wants to be asked first, at `https://…/<repo>`. */
  gated: z.enum(gatedStates),
  tags: z.array(z.string()),
});
export type RepoSummary = z.infer<typeof repoSummarySchema>;

export const repoDetailSchema = repoSummarySchema.extend({
  /** The commit that `revision` names now: what an install would pin. */
  commit: z.string(),
  url: z.string(),
  /** Markdown without its front matter; null where there is none. */
  readme: z.string().nullable(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), cached: z.boolean() })),
  /** What can be installed from it: the whole, or each of these paths. */
  installable: z.array(z.object({ path: z.string().nullable(), title: z.string(), bytes: z.number() })),
  /** Why nothing can be; null where something can. */
  refusal: z.string().nullable(),
});
export type RepoDetail = z.infer<typeof repoDetailSchema>;

export const catalogueEntrySchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  /** In bytes, approximate, at the precisions proposed. */
  download: z.number(),
  disk: z.number(),
  memory: z.number(),
  licence: z.string(),
  parts: z.array(z.object({ role: partRoleSchema, name: z.string(), repo: z.string().nullable() })),
  /** Set where a model of this entry is installed. */
  modelId: z.string().nullable(),
  /** Null where this machine's memory suffices; otherwise a sentence. */
  misfit: z.string().nullable(),
});
export type CatalogueEntry = z.infer<typeof catalogueEntrySchema>;

/** One part as an install would make it. */
export const plannedPartSchema = z.object({
  role: partRoleSchema,
  id: z.string(),
  name: z.string(),
  licence: z.string().nullable(),
  repo: z.string().nullable(),
  revision: z.string().nullable(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), cached: z.boolean() })),
  /** Bytes on disk at each precision that it can be written at; the first is what is proposed. */
  sizes: z.array(z.object({ precision: precisionSchema, bytes: z.number() })),
  /** `installed`: another model has it at the proposed precision. */
  state: z.enum(['installed', 'cached', 'fetch']),
  gated: z.enum(gatedStates),
  parameters: z.number().nullable(),
});
export type PlannedPart = z.infer<typeof plannedPartSchema>;

/** A part's precision, by its role and id; a part not named gets what was proposed. */
export const choicesSchema = z.array(
  z.object({ role: partRoleSchema, id: z.string(), precision: precisionSchema }),
);
export type PrecisionChoices = z.infer<typeof choicesSchema>;

/** What installing would do and cost, worked out before it starts. */
export const installPlanSchema = z.object({
  source: modelSourceSchema,
  modelId: z.string(),
  name: z.string(),
  kind: z.enum(['merv', 'language-model', 'bundle', 'starter']),
  description: z.string(),
  parts: z.array(plannedPartSchema),
  /** With the choices made. */
  downloadBytes: z.number(),
  /** What stays on disk. */
  modelBytes: z.number(),
  /** The most that is taken on disk at any moment of the job, download and conversion together. */
  peakDiskBytes: z.number(),
  freeDiskBytes: z.number().nullable(),
  conversionMemoryBytes: z.number(),
  runMemoryBytes: z.number(),
  totalMemoryBytes: z.number(),
  /** Each forbids the start. */
  problems: z.array(z.object({ sentence: z.string(), remedy: z.string(), url: z.string().nullable() })),
  /** Whole sentences. */
  warnings: z.array(z.string()),
});
export type InstallPlan = z.infer<typeof installPlanSchema>;

/** One request that left this machine. */
export const activitySchema = z.object({
  number: z.number().int(),
  at: z.number(),
  method: z.string(),
  /** Without its query's secrets. */
  url: z.string(),
  /** Why it was sent: "Searching for merv", "Fetching model.safetensors". */
  purpose: z.string(),
  /** HTTP status; null while it runs or where no answer came. */
  status: z.number().int().nullable(),
  receivedBytes: z.number(),
  error: z.string().nullable(),
});
export type Activity = z.infer<typeof activitySchema>;
