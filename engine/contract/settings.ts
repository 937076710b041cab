import * as z from 'zod';
import { partRoleSchema } from './models.ts';

/** ONNX Runtime's execution providers, by the names it gives them. */
export const providerNames = ['cpu', 'cuda', 'dml', 'coreml', 'webgpu'] as const;
export const providerNameSchema = z.enum(providerNames);
export type ProviderName = z.infer<typeof providerNameSchema>;

export const settingsSchema = z.object({
  /** Nothing is fetched, searched or looked up. */
  offline: z.boolean().default(false),
  /** Instead of Hugging Face's address and HF_ENDPOINT. */
  endpoint: z.url().nullable().default(null),
  /** http://host:port, with user and password where needed; null takes HTTPS_PROXY and NO_PROXY. */
  proxy: z.url().nullable().default(null),
  /** Bytes a second of all downloads together; null leaves them free. */
  bandwidth: z.number().int().min(16_384).nullable().default(null),
  /** Which provider computes a part; `auto` takes the best that works here. */
  providers: z
    .object({
      encoder: z.union([z.literal('auto'), providerNameSchema]).default('auto'),
      visual: z.union([z.literal('auto'), providerNameSchema]).default('auto'),
      languageModel: z.union([z.literal('auto'), providerNameSchema]).default('auto'),
    })
    .default({ encoder: 'auto', visual: 'auto', languageModel: 'auto' }),
});
export type Settings = z.infer<typeof settingsSchema>;

/** The token for Hugging Face itself never crosses a door; this says whether there is one. */
export const accountSchema = z.object({
  /** HF_TOKEN, the file that `hf auth login` writes, or what was entered here. */
  token: z.enum(['none', 'environment', 'file', 'entered']),
  endpoint: z.string(),
  cacheFolder: z.string(),
});
export type Account = z.infer<typeof accountSchema>;

/** A provider as this machine has it, and what it is used for. */
export const providerStateSchema = z.object({
  name: providerNameSchema,
  title: z.string(),
  available: z.boolean(),
  /** Why it can or cannot be used. */
  detail: z.string(),
});
export type ProviderState = z.infer<typeof providerStateSchema>;

export const providerChoiceSchema = z.object({
  role: partRoleSchema,
  name: providerNameSchema,
  /** A sentence: "CUDA works on this machine and was faster", "You chose the CPU". */
  reason: z.string(),
});
export const providersSchema = z.object({
  states: z.array(providerStateSchema),
  choices: z.array(providerChoiceSchema),
});
export type Providers = z.infer<typeof providersSchema>;
