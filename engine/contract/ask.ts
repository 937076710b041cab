import * as z from 'zod';
import { samplingSchema } from './sampling.ts';
import { clipSchema, encoderFramesSchema } from './video.ts';

/** What the model is asked about: nothing (text only) or a video, whole or a clip of it. */
const subjectShape = {
  modelId: z.string(),
  videoId: z.string().nullable(),
  clip: clipSchema.nullable(),
  conversationId: z.string().nullable(),
  /** Instead of the model's own instruction, in front of the conversation; null keeps the model's. */
  system: z.string().max(20_000).nullable().default(null),
};

export const planRequestSchema = z.object({
  ...subjectShape,
  question: z.string(),
  maxTokens: z.number().int().min(1).max(8192),
  /** As in {@link askRequestSchema}: the message the question would replace. */
  replaceFrom: z.string().nullable().default(null),
});

/** What a question will cost, before it is sent. */
export const askPlanSchema = z.object({
  encoders: z.array(encoderFramesSchema),
  tokens: z.object({
    visual: z.number().int(),
    prompt: z.number().int(),
    contextLength: z.number().int(),
    contextLeft: z.number().int(),
  }),
  /** True where the features of this video and clip are kept already, so that no frame is decoded or encoded. */
  featuresCached: z.boolean(),
  /** Seconds to the first token, and to the end if maxTokens are generated; null until this machine has measured a run. */
  seconds: z.object({ firstToken: z.number(), total: z.number() }).nullable(),
  /** Whole sentences: the prompt does not fit, the clip lies beyond the end, … */
  warnings: z.array(z.string()),
});
export type AskPlan = z.infer<typeof askPlanSchema>;

export const askRequestSchema = z.object({
  ...subjectShape,
  question: z.string().min(1).max(100_000),
  sampling: samplingSchema,
  /** Ask again from this message on: it and what follows are replaced (edit a question; regenerate = the same text). */
  replaceFrom: z.string().nullable().default(null),
});
export type AskRequest = z.infer<typeof askRequestSchema>;

export const answerStatsSchema = z.object({
  model: z.string(),
  frames: z.array(encoderFramesSchema),
  tokens: z.object({
    visual: z.number().int(),
    prompt: z.number().int(),
    cached: z.number().int(),
    generated: z.number().int(),
  }),
  ms: z.object({
    decode: z.number(),
    encode: z.number(),
    prefill: z.number(),
    generate: z.number(),
    total: z.number(),
  }),
  finish: z.enum(['stop', 'length', 'cancelled']),
  seed: z.number().int(),
  /** How much of each encoder the fusion took, adding up to 1; null where it does not mix, or no video was shown. */
  mixing: z
    .array(z.object({ encoder: z.string(), weight: z.number() }))
    .nullable()
    .default(null),
  warnings: z.array(z.string()),
});
export type AnswerStats = z.infer<typeof answerStatsSchema>;

export const answerEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('loading'), part: z.string() }),
  z.object({ type: z.literal('frames'), encoders: z.array(encoderFramesSchema), ms: z.number() }),
  z.object({
    type: z.literal('encoder'),
    encoder: z.string(),
    done: z.number().int(),
    total: z.number().int(),
    cached: z.boolean(),
    ms: z.number(),
  }),
  z.object({
    type: z.literal('prompt'),
    visual: z.number().int(),
    tokens: z.number().int(),
    cached: z.number().int(),
  }),
  z.object({ type: z.literal('prefill'), done: z.number().int(), total: z.number().int() }),
  /** Whole characters only; may be empty while a character is still incomplete, then the event is not sent. */
  z.object({ type: z.literal('token'), text: z.string(), generated: z.number().int() }),
  z.object({ type: z.literal('done'), text: z.string(), stats: answerStatsSchema }),
]);
export type AnswerEvent = z.infer<typeof answerEventSchema>;

/** The first event of a question says where it is kept; the rest is the answer path's, after a wait for its turn. */
export const askEventSchema = z.union([
  z.object({
    type: z.literal('started'),
    conversationId: z.string(),
    questionId: z.string(),
    answerId: z.string(),
  }),
  /** One answer at a time: so many others come first. Stopping works while waiting. */
  z.object({ type: z.literal('waiting'), ahead: z.number().int() }),
  answerEventSchema,
]);
export type AskEvent = z.infer<typeof askEventSchema>;
