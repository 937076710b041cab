import * as z from 'zod';

export const modelPartSchema = z.object({
  role: z.enum(['encoder', 'projector', 'fusion', 'languageModel', 'tokenizer']),
  id: z.string(),
  /** Shown to people: "EfficientNet-Lite0". */
  name: z.string(),
  precision: z.enum(['fp32', 'fp16', 'int8', 'int4']).nullable(),
  bytes: z.number(),
  licence: z.string(),
  source: z.string(),
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
  visualTokens: z.number().int(),
  encoders: z.array(
    z.object({ id: z.string(), name: z.string(), frames: z.number().int(), visualTokens: z.number().int() }),
  ),
  parts: z.array(modelPartSchema),
  bytes: z.number(),
});
export type ModelSummary = z.infer<typeof modelSummarySchema>;
