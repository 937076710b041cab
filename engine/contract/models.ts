import * as z from 'zod';
import { answerEventSchema, askPlanSchema } from './ask.ts';
import { samplingSchema } from './sampling.ts';
import { clipSchema } from './video.ts';

export const precisions = ['fp32', 'fp16', 'int8', 'int4'] as const;
export const precisionSchema = z.enum(precisions);
export type Precision = z.infer<typeof precisionSchema>;

/**
 * `visual`: a model's projectors and its fusion, which are made for each other. `adapter`: changes of a language model that
 * stays as it is.
 */
export const partRoles = ['encoder', 'visual', 'languageModel', 'adapter', 'tokenizer'] as const;
export const partRoleSchema = z.enum(partRoles);
export type PartRole = z.infer<typeof partRoleSchema>;

/** How far a converted part is from the same part at fp32, measured on a fixed probe when it was converted. */
export const qualitySchema = z.discriminatedUnion('kind', [
  /** Cosine between the features of both, token by token. */
  z.object({
    kind: z.literal('features'),
    meanCosine: z.number(),
    minCosine: z.number(),
    tokens: z.number().int(),
  }),
  /** Kullback-Leibler divergence in nats a position, and how often both think the same token likeliest. */
  z.object({
    kind: z.literal('logits'),
    meanKl: z.number(),
    maxKl: z.number(),
    greedyAgreement: z.number(),
    tokens: z.number().int(),
  }),
]);
export type Quality = z.infer<typeof qualitySchema>;

export const modelPartSchema = z.object({
  role: partRoleSchema,
  /** Which part on disk: models that share it name the same key. */
  key: z.string(),
  /** The reference's id where it has one: siglip-vit-b16-224px-all-no-cls. */
  id: z.string(),
  /** Shown to people: "EfficientNet-Lite0". */
  name: z.string(),
  precision: precisionSchema.nullable(),
  bytes: z.number(),
  licence: z.string(),
  /** Where it came from, for people: "google/siglip-base-patch16-224 at 1a2b3c4". */
  source: z.string(),
  url: z.string().nullable(),
  quality: qualitySchema.nullable(),
  /** Ids of the other models that use it. */
  sharedWith: z.array(z.string()),
});
export type ModelPart = z.infer<typeof modelPartSchema>;

/** What answering needs of memory, in bytes, beside the operating system; see {@link memoryOf}. */
export const modelMemorySchema = z.object({
  /** Weights of every part, loaded, and the room that reading a stretch of the prompt takes. */
  weights: z.number(),
  /** Keys and values of one token of the context. */
  perToken: z.number(),
  /** The largest working set of one encoder call, by encoder id and frame of a call. */
  perFrame: z.record(z.string(), z.number()),
  /** The application without a model. */
  base: z.number(),
});
export type ModelMemory = z.infer<typeof modelMemorySchema>;

/** Measured on this machine by answering; null until it was. */
export const modelSpeedSchema = z.object({
  msPerFrame: z.record(z.string(), z.number()),
  promptTokensPerSecond: z.number().nullable(),
  tokensPerSecond: z.number().nullable(),
});

export const modelSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  /** True for the small model that comes with the application: the interface says what it can and cannot do. */
  demonstration: z.boolean(),
  /** Shown beside the model's name when it is a demonstration. */
  notice: z.string().nullable(),
  contextLength: z.number().int(),
  /** Id of the model whose language model it uses with an adapter beside it; null for one with weights of its own. */
  adapterOf: z.string().nullable(),
  /** 0 for a language model alone, which sees no video. */
  visualTokens: z.number().int(),
  encoders: z.array(
    z.object({ id: z.string(), name: z.string(), frames: z.number().int(), visualTokens: z.number().int() }),
  ),
  parts: z.array(modelPartSchema),
  bytes: z.number(),
  /** What deleting it would free: parts that no other model uses. */
  ownBytes: z.number(),
  /** Why it cannot be used, and the way out; null where it can. */
  problem: z.object({ sentence: z.string(), remedy: z.string() }).nullable(),
  memory: modelMemorySchema,
  speed: modelSpeedSchema.nullable(),
});
export type ModelSummary = z.infer<typeof modelSummarySchema>;

/** Bytes that answering takes, with so many frames an encoder and so many tokens of context. */
export function memoryOf(memory: ModelMemory, framesACall: number, contextTokens: number): number {
  const encoding = Math.max(0, ...Object.values(memory.perFrame)) * framesACall;
  return memory.base + memory.weights + memory.perToken * contextTokens + encoding;
}

export const tensorRowSchema = z.object({
  part: z.string(),
  name: z.string(),
  shape: z.array(z.number().int()),
  /** As stored: float32, float16, uint8, … */
  type: z.string(),
  bytes: z.number(),
});
export type TensorRow = z.infer<typeof tensorRowSchema>;

/** Everything that can be looked at in a model; its tensors come page by page. */
export const modelDetailSchema = z.object({
  summary: modelSummarySchema,
  folder: z.string(),
  createdAt: z.number(),
  /** How the parts are joined: what a part's output goes into. Keys are of `parts`, or 'video', 'question', 'answer'. */
  joins: z.array(z.object({ from: z.string(), to: z.string(), label: z.string() })),
  files: z.array(z.object({ part: z.string(), file: z.string(), bytes: z.number(), sha256: z.string() })),
  /** Each part's own description, as JSON text. */
  configs: z.array(z.object({ part: z.string(), json: z.string() })),
  /** What the language model reads for the question "What happens in the video?"; the video's place marked <video>. */
  promptPreview: z.string(),
});
export type ModelDetail = z.infer<typeof modelDetailSchema>;

export const compareRequestSchema = z.object({
  modelIds: z.array(z.string()).min(2).max(4),
  videoId: z.string().nullable(),
  clip: clipSchema.nullable(),
  question: z.string().min(1).max(100_000),
  sampling: samplingSchema,
});

export type CompareRequest = z.infer<typeof compareRequestSchema>;

/** One model after the other answers; `failed` ends one model's turn, not the comparison. */
export const compareEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('plan'), modelId: z.string(), plan: askPlanSchema }),
  z.object({ type: z.literal('answer'), modelId: z.string(), event: answerEventSchema }),
  z.object({ type: z.literal('failed'), modelId: z.string(), sentence: z.string(), remedy: z.string() }),
]);
export type CompareEvent = z.infer<typeof compareEventSchema>;
