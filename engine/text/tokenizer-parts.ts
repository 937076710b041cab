import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';

const addedTokenSchema = z.object({
  id: z.int().nonnegative(),
  content: z.string().min(1),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().optional(),
  single_word: z.boolean().default(false),
  special: z.boolean().default(false),
});
export type AddedToken = z.infer<typeof addedTokenSchema>;

/** A step of a pipeline in tokenizer.json: its type and its own settings. */
const stepSchema = z.looseObject({ type: z.string() });
export type Step = z.infer<typeof stepSchema>;

const modelSchema = z.looseObject({
  type: z.literal('BPE').optional(),
  vocab: z.record(z.string(), z.int().nonnegative()),
  merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
});

/** Hugging Face's tokenizer.json as far as it is used here (tokenizers 0.2x writes it); BPE models only. */
export const tokenizerPartsSchema = z.object({
  added_tokens: z.array(addedTokenSchema).default([]),
  normalizer: stepSchema.nullable().default(null),
  pre_tokenizer: stepSchema.nullable().default(null),
  post_processor: stepSchema.nullable().default(null),
  decoder: stepSchema.nullable().default(null),
  model: modelSchema,
});
export type TokenizerParts = z.infer<typeof tokenizerPartsSchema>;

/** No vocabulary comes near; an id from a hostile file must not size a table. */
export const mostTokens = 4_000_000;

export function unsupportedTokenizer(detail: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'model_unsupported',
    `The model's tokenizer cannot be used: ${detail}.`,
    'Choose another model.',
    cause === undefined ? undefined : { cause },
  );
}
