import * as z from 'zod';

/** How the next token is picked. temperature 0 is greedy. */
export const samplingSchema = z.object({
  temperature: z.number().min(0).max(2).default(0),
  /** Nucleus: the smallest set of tokens whose probability reaches topP; 1 keeps all. */
  topP: z.number().gt(0).max(1).default(1),
  /** The k likeliest tokens; 0 keeps all. */
  topK: z.number().int().min(0).default(0),
  /** Tokens under minP × the likeliest one's probability are dropped; 0 keeps all. */
  minP: z.number().min(0).max(1).default(0),
  /** 1 leaves the logits as they are (the CTRL paper's rule, as in transformers). */
  repetitionPenalty: z.number().min(1).max(2).default(1),
  maxTokens: z.number().int().min(1).max(8192).default(256),
  stop: z.array(z.string().min(1)).max(8).default([]),
  /** Null draws one; the seed used comes back with the answer. */
  seed: z.number().int().min(0).max(0xffffffff).nullable().default(null),
});
export type Sampling = z.infer<typeof samplingSchema>;
