import * as z from 'zod';
import { bpeTokenizer } from './bpe-tokenizer.ts';
import { endIds } from './end-tokens.ts';
import type { Tokenizer } from './tokenizer.ts';
import { type TokenizerParts, tokenizerPartsSchema, unsupportedTokenizer } from './tokenizer-parts.ts';

const namedTokenSchema = z
  .union([z.string(), z.looseObject({ content: z.string() })])
  .nullish()
  .transform((token) => (typeof token === 'object' && token !== null ? token.content : (token ?? null)));

const configSchema = z.looseObject({
  bos_token: namedTokenSchema,
  eos_token: namedTokenSchema,
  unk_token: namedTokenSchema,
  pad_token: namedTokenSchema,
  add_bos_token: z.boolean().optional(),
});
type Config = z.infer<typeof configSchema>;

/**
 * A tokenizer from the parsed tokenizer.json and tokenizer_config.json ({} where there is none) of a Hugging Face
 * model. BPE only (LLaMA, Vicuna, Qwen2, SmolLM2 and their like). Throws ExpectedError 'model_unsupported'.
 */
export function fromTokenizerJson(json: unknown, config: unknown): Tokenizer {
  const parts = tokenizerPartsSchema.safeParse(json);
  if (!parts.success) throw unsupportedTokenizer(firstIssue(parts.error), parts.error);
  const settings = configSchema.safeParse(config);
  if (!settings.success) throw unsupportedTokenizer(firstIssue(settings.error), settings.error);
  const { bos_token, eos_token, unk_token, pad_token } = settings.data;
  const special = parts.data.added_tokens.filter((token) => token.special);
  const named = Object.entries({ bos_token, eos_token, unk_token, pad_token });
  return bpeTokenizer(parts.data, {
    bosId: bosId(parts.data, settings.data),
    eosIds: endIds(special, idOf(parts.data, eos_token)),
    namedTokens: Object.fromEntries(named.flatMap(([name, text]) => (text === null ? [] : [[name, text]]))),
  });
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join('.').slice(0, 100)}: ${issue.message}` : 'unknown form';
}

function idOf(parts: TokenizerParts, text: string | null): number | null {
  if (text === null) return null;
  const added = parts.added_tokens.find((token) => token.content === text);
  return added?.id ?? (Object.hasOwn(parts.model.vocab, text) ? parts.model.vocab[text]! : null);
}

/** What the tokenizer itself puts in front of a text: `add_bos_token` decides, else the template of tokenizer.json. */
function bosId(parts: TokenizerParts, config: Config): number | null {
  if (config.add_bos_token !== undefined) return config.add_bos_token ? idOf(parts, config.bos_token) : null;
  const step = parts.post_processor;
  const steps: readonly unknown[] =
    step?.type === 'Sequence' && Array.isArray(step.processors) ? step.processors : [step];
  for (const candidate of steps) {
    const template = templateSchema.safeParse(candidate);
    const text = template.success ? template.data.single[0]?.SpecialToken?.id : undefined;
    if (text !== undefined) return idOf(parts, text);
  }
  return null;
}

const templateSchema = z.looseObject({
  type: z.literal('TemplateProcessing'),
  single: z.array(z.looseObject({ SpecialToken: z.looseObject({ id: z.string() }).optional() })),
});
