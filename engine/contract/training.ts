import * as z from 'zod';
import { expectedErrorSchema } from './errors.ts';
import { clipSchema, encoderFramesSchema, thumbnailSchema } from './video.ts';

/**
 * What is trained: `align` projectors and fusion; `full-align` also the language model, on alignment data; `finetune`
 * projectors, fusion and language model on conversations; `second-finetune` the same from a finetuned model.
 */
export const recipeNames = ['align', 'full-align', 'finetune', 'second-finetune'] as const;
export const recipeNameSchema = z.enum(recipeNames);
export type RecipeName = z.infer<typeof recipeNameSchema>;

/** Whether the language model learns, besides projectors and fusion; a method is chosen only then. */
export function trainsLanguageModel(recipe: RecipeName): boolean {
  return recipe !== 'align';
}

const adaptersSchema = z.object({
  kind: z.literal('lora'),
  rank: z.number().int().min(1).max(512),
  alpha: z.number().positive(),
  /** Linear layers by the last part of their name: q_proj, v_proj. */
  targets: z.array(z.string()).min(1),
});
type Adapters = z.infer<typeof adaptersSchema>;

/** How the language model is trained where the recipe trains it. */
export const methodSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('full') }),
  adaptersSchema,
]);

/** Adapters as they are where nobody says otherwise. */
export const usualAdapters = (): Adapters => ({
  kind: 'lora',
  rank: 8,
  alpha: 16,
  targets: ['q_proj', 'v_proj'],
});

/** Every parameter of a run: what is not said has these defaults, and a run's folder keeps all of them. */
export const trainConfigSchema = z.object({
  name: z.string().min(1).max(100),
  /** An installed model; its original weights are read, not the converted ones. */
  modelId: z.string(),
  /** The reference's JSON (Video-LLaVA: id, video or image, conversations) and the folder its media paths start from. */
  data: z.object({ file: z.string(), media: z.string() }),
  recipe: recipeNameSchema,
  method: methodSchema.default(usualAdapters),
  epochs: z.number().positive().max(1000).default(1),
  /** Ends the run earlier; null lets it see all epochs. */
  maxSteps: z.number().int().min(1).nullable().default(null),
  /** Examples an optimiser step. */
  batch: z.number().int().min(1).max(4096).default(4),
  /** Examples computed at once; the batch is gathered from such pieces, weighted by their tokens. */
  microBatch: z.number().int().min(1).max(512).default(1),
  learningRate: z.number().positive().default(1e-4),
  weightDecay: z.number().min(0).default(0),
  /** Part of all steps in which the rate rises from 0; then it falls as a cosine. */
  warmupRatio: z.number().min(0).max(1).default(0.03),
  maxGradNorm: z.number().positive().default(1),
  /** Tokens of an example, the video's among them; longer ones are cut and counted. */
  maxLength: z.number().int().min(16).default(2048),
  /** Several short examples in one row, which do not see each other. */
  packing: z.boolean().default(false),
  /** Blocks are computed again in the backward pass instead of kept: less memory, more time. */
  checkpointing: z.boolean().default(false),
  precision: z.enum(['fp32', 'bf16']).default('fp32'),
  device: z.enum(['cpu', 'cuda']).default('cpu'),
  seed: z.number().int().min(0).max(0xffffffff).default(7),
  evaluation: z
    .object({
      /** Part of the examples kept out of training. */
      fraction: z.number().min(0).max(0.5),
      /** Of these, so many are answered at each checkpoint and shown. */
      probes: z.number().int().min(0).max(32),
    })
    .default({ fraction: 0.1, probes: 3 }),
  checkpoints: z
    .object({ everySteps: z.number().int().min(1), keepLast: z.number().int().min(1), keepBest: z.boolean() })
    .default({ everySteps: 50, keepLast: 2, keepBest: true }),
  /** Ends after so many checkpoints without a better loss on the examples kept out; null never does. */
  patience: z.number().int().min(1).nullable().default(null),
});
export type TrainConfig = z.infer<typeof trainConfigSchema>;

/** For the data set that comes with the application: small, so it is learned in many short rounds. */
export const sampleParameters = {
  epochs: 10,
  batch: 4,
  microBatch: 4,
  learningRate: 5e-4,
  checkpoints: { everySteps: 20, keepLast: 2, keepBest: true },
} as const satisfies Partial<TrainConfig>;

/** The adapters that the language model gets; null where it gets none. */
export function adaptersOf({ recipe, method }: Pick<TrainConfig, 'recipe' | 'method'>): Adapters | null {
  return trainsLanguageModel(recipe) && method.kind === 'lora' ? method : null;
}

const parameters = trainConfigSchema.shape;

/** A change that would save memory; `change` is merged into the configuration. Without defaults: absent is unchanged. */
export const savingSchema = z.object({
  title: z.string(),
  savesBytes: z.number(),
  change: z
    .object({
      method: methodSchema,
      microBatch: parameters.microBatch.unwrap(),
      maxLength: parameters.maxLength.unwrap(),
      checkpointing: z.boolean(),
      precision: parameters.precision.unwrap(),
    })
    .partial(),
});
export type Saving = z.infer<typeof savingSchema>;

export const runStates = ['queued', 'preparing', 'running', 'paused', 'done', 'failed'] as const;

export const runSchema = z.object({
  id: z.string(),
  folder: z.string(),
  config: trainConfigSchema,
  state: z.enum(runStates),
  /** What it is at, for people: "Encoding clip 12 of 40", "Step 80 of 200". */
  detail: z.string(),
  /** While it is prepared: the part of what is done now (fetching weights, encoding clips) that is over; null unknown. */
  prepared: z.number().nullable().default(null),
  step: z.number().int(),
  steps: z.number().int().nullable(),
  loss: z.number().nullable(),
  /** Best loss on the examples kept out, and its step. */
  best: z.object({ loss: z.number(), step: z.number().int() }).nullable(),
  secondsPerStep: z.number().nullable(),
  /** Of the training, or of the fetching before it. */
  secondsLeft: z.number().nullable(),
  memoryBytes: z.number().nullable(),
  checkpoints: z.array(
    z.object({ step: z.number().int(), evalLoss: z.number().nullable(), bytes: z.number() }),
  ),
  error: expectedErrorSchema.nullable(),
  /** What would take less memory, the largest saving first; empty while it is not known. */
  savings: z.array(savingSchema).default([]),
  /** Whole sentences: examples that were skipped and why, resumed after a kill, … */
  notes: z.array(z.string()),
  createdAt: z.number(),
  updatedAt: z.number(),
});
export type Run = z.infer<typeof runSchema>;

/** A run that has a process, or waits for its turn to compute. */
export function isWorking({ state }: Pick<Run, 'state'>): boolean {
  return state === 'queued' || state === 'preparing' || state === 'running';
}

/** The checkpoint to use where nobody chose one: the best that is kept, else the last. Null without any. */
export function usualCheckpoint({ best, checkpoints }: Pick<Run, 'best' | 'checkpoints'>): number | null {
  const kept = checkpoints.find(({ step }) => step === best?.step) ?? checkpoints.at(-1);
  return kept?.step ?? null;
}

/** One optimiser step, as a line of metrics.jsonl. */
export const runStepSchema = z.object({
  step: z.number().int(),
  loss: z.number(),
  lr: z.number(),
  gradNorm: z.number(),
  ms: z.number(),
  /** Tokens that carry loss, and all. */
  lossTokens: z.number().int(),
  tokens: z.number().int(),
  memoryBytes: z.number(),
  /** How much of each encoder the fusion took, in the model's order; null where it has no weights. */
  mixing: z.array(z.number()).nullable(),
  evalLoss: z.number().nullable(),
});
export type RunStep = z.infer<typeof runStepSchema>;

/** A probe clip's answer at a checkpoint. */
export const runSampleSchema = z.object({
  step: z.number().int(),
  example: z.string(),
  media: z.string().nullable(),
  /** The part of it that was looked at; null for all. */
  clip: clipSchema.nullable().default(null),
  question: z.string(),
  wanted: z.string(),
  answer: z.string(),
});
export type RunSample = z.infer<typeof runSampleSchema>;

/** One example as the model sees it in the first batch. */
export const batchExampleSchema = z.object({
  id: z.string(),
  media: z.string().nullable(),
  frames: z.array(encoderFramesSchema),
  /** Each of these frames once. */
  pictures: z.array(thumbnailSchema),
  visualTokens: z.number().int(),
  /** The video's among them. */
  tokens: z.number().int(),
  /** The text in pieces, special tokens among it; `learned` ones carry loss, `video` stands where the video's tokens are. */
  pieces: z.array(z.object({ kind: z.enum(['given', 'learned', 'video']), text: z.string() })),
  /** Tokens that did not fit. */
  cut: z.number().int(),
});
export type BatchExample = z.infer<typeof batchExampleSchema>;

export const dataReportSchema = z.object({
  examples: z.number().int(),
  withVideo: z.number().int(),
  withImage: z.number().int(),
  textOnly: z.number().int(),
  /** What is wrong, row by row, at most a hundred; such rows are skipped. */
  problems: z.array(z.object({ row: z.number().int(), sentence: z.string() })),
  problemCount: z.number().int(),
});
export type DataReport = z.infer<typeof dataReportSchema>;

/** Measured by running the largest batch once. */
export const preflightSchema = z.object({
  data: dataReportSchema,
  firstBatch: z.array(batchExampleSchema),
  trainableParameters: z.number(),
  totalParameters: z.number(),
  steps: z.number().int(),
  memoryBytes: z.number(),
  totalMemoryBytes: z.number(),
  secondsPerStep: z.number(),
  /** Encoding the clips that are not encoded yet, and training. */
  secondsToEncode: z.number(),
  secondsToTrain: z.number(),
  /** Features kept on disk, and checkpoints. */
  diskBytes: z.number(),
  freeDiskBytes: z.number().nullable(),
  savings: z.array(savingSchema),
  problems: z.array(z.object({ sentence: z.string(), remedy: z.string() })),
  warnings: z.array(z.string()),
});
export type Preflight = z.infer<typeof preflightSchema>;

/** What a preflight says while it works, and at its end: what it measured, or what to change where memory did not suffice. */
export const preflightProgressSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), detail: z.string() }),
  z.object({
    kind: z.literal('too_large'),
    error: expectedErrorSchema,
    savings: z.array(savingSchema),
  }),
  z.object({ kind: z.literal('done'), preflight: preflightSchema }),
]);

/** What making a model of a checkpoint says while it works (`part` of this step, 0 to 1), and at its end. */
export const installProgressSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), detail: z.string(), part: z.number() }),
  z.object({ kind: z.literal('done'), modelId: z.string() }),
]);

export type InstallEvent = z.infer<typeof installProgressSchema>;

export const exportFormats = ['peft', 'merv', 'hf'] as const;
const exportFormatSchema = z.enum(exportFormats);
export type ExportFormat = z.infer<typeof exportFormatSchema>;

/**
 * merged: what was trained is worked into weights of the model's own. adapter: the base's language model stays as it is, for both
 * models, and the changes lie beside it.
 */
export const installForms = ['adapter', 'merged'] as const;
const installFormSchema = z.enum(installForms);
export type InstallForm = z.infer<typeof installFormSchema>;
/** `bytes`: what it adds to the disk. */
export const installChoiceSchema = z.object({ form: installFormSchema, bytes: z.number() });
export type InstallChoice = z.infer<typeof installChoiceSchema>;

/** The procedures are in contract.ts under `training`. */
export const trainingInputs = {
  data: trainConfigSchema.shape.data,
  start: z.object({ config: trainConfigSchema }),
  /** `from`: how many steps the caller has already. */
  metrics: z.object({ id: z.string(), from: z.number().int().min(0) }),
  installForms: z.object({ id: z.string(), step: z.number().int() }),
  /** Makes a model that answers, of a checkpoint that is kept; without a form in the first of `installForms`. */
  install: z.object({
    id: z.string(),
    step: z.number().int(),
    name: z.string().min(1).max(100),
    form: installFormSchema.optional(),
  }),
  /**
   * A folder of this absolute path, which must not be there. peft: the adapter's files; merv: the reference's config.json and
   * checkpoints/latest-checkpoint.pt; hf: the language model alone, as Hugging Face's tools open it.
   */
  export: z.object({ id: z.string(), step: z.number().int(), format: exportFormatSchema, path: z.string() }),
} as const;
