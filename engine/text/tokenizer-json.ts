import * as z from 'zod';
import { bpeTokenizer } from './bpe-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';
import { readTokenizerConfig, settingsOf, withConfigTokens } from './tokenizer-config.ts';
import {
  type AddedToken,
  addedTokenSchema,
  damagedTokenizer,
  firstIssue,
  mostTokens,
  type Step,
  stepSchema,
  unsupportedTokenizer,
} from './tokenizer-parts.ts';

/** Hugging Face's tokenizer.json as far as it is used here. The long lists are looked through by hand: it is faster. */
const jsonSchema = z.object({
  added_tokens: z.array(addedTokenSchema).default([]),
  normalizer: stepSchema.nullable().default(null),
  pre_tokenizer: stepSchema.nullable().default(null),
  post_processor: stepSchema.nullable().default(null),
  decoder: stepSchema.nullable().default(null),
  model: z.looseObject({
    type: z.string().default('BPE'),
    vocab: z.unknown().optional(),
    merges: z.unknown().optional(),
    unk_token: z.string().nullish(),
    byte_fallback: z.boolean().nullish(),
    fuse_unk: z.boolean().nullish(),
    ignore_merges: z.boolean().nullish(),
    continuing_subword_prefix: z.string().nullish(),
    end_of_word_suffix: z.string().nullish(),
  }),
});
type Model = z.infer<typeof jsonSchema>['model'];

/**
 * A tokenizer from the parsed tokenizer.json and tokenizer_config.json ({} where there is none) of a Hugging Face model.
 * BPE only (LLaMA, Vicuna, Qwen2, SmolLM2 and their like). `file` is named in errors.
 * Throws ExpectedError 'file_corrupt', 'model_unsupported'.
 */
export function fromTokenizerJson(json: unknown, config: unknown, file = 'tokenizer.json'): Tokenizer {
  const parsed = jsonSchema.safeParse(json);
  if (!parsed.success) throw damagedTokenizer(file, firstIssue(parsed.error), parsed.error);
  const { added_tokens, normalizer, pre_tokenizer, post_processor, decoder, model } = parsed.data;
  refuseUnknown(model, file);
  for (const step of [normalizer, pre_tokenizer, post_processor, decoder]) refuseDeep(step, file);
  const settings = readTokenizerConfig(config, file);
  const ids = readVocabulary(model.vocab, file);
  const added = withConfigTokens(added_tokens, ids, settings);
  const parts = {
    file,
    added,
    normalizer,
    preTokenizer: pre_tokenizer,
    decoder,
    ids,
    merges: readMerges(model.merges, file),
    unknown: model.unk_token ?? null,
    byteFallback: model.byte_fallback ?? false,
    fuseUnknown: model.fuse_unk ?? false,
    ignoreMerges: model.ignore_merges ?? false,
  };
  return bpeTokenizer(parts, settingsOf(settings, added, ids, templateBos(post_processor, added, ids)));
}

function refuseUnknown(model: Model, file: string): void {
  if (model.type !== 'BPE')
    throw unsupportedTokenizer(file, `models of the kind ${model.type} are not known`);
  if (model.continuing_subword_prefix || model.end_of_word_suffix) {
    throw unsupportedTokenizer(file, 'it marks the inside or the end of words');
  }
}

const deepest = 8;

/** Steps hold steps; those who walk them need not fear for the stack. */
function refuseDeep(value: unknown, file: string, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > deepest) throw damagedTokenizer(file, 'its steps are nested too deeply');
  for (const inner of Object.values(value)) refuseDeep(inner, file, depth + 1);
}

function readVocabulary(vocab: unknown, file: string): ReadonlyMap<string, number> {
  if (typeof vocab !== 'object' || vocab === null || Array.isArray(vocab)) {
    throw damagedTokenizer(file, 'it has no vocabulary');
  }
  const ids = new Map<string, number>();
  for (const [text, id] of Object.entries(vocab)) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= mostTokens) {
      throw damagedTokenizer(file, `the id of its token ${text.slice(0, 50)} is no id`);
    }
    ids.set(text, id);
  }
  return ids;
}

/** Merges are written "left right" or, since tokenizers 0.20, ["left", "right"]. */
function readMerges(merges: unknown, file: string): ReadonlyMap<string, number> {
  if (!Array.isArray(merges) || merges.length > mostTokens) throw damagedTokenizer(file, 'it has no merges');
  const ranks = new Map<string, number>();
  const list: readonly unknown[] = merges;
  for (const [rank, merge] of list.entries()) {
    const pair: unknown = Array.isArray(merge) && merge.length === 2 ? merge.join(' ') : merge;
    // The space in the middle is the only one.
    const at = typeof pair === 'string' ? pair.indexOf(' ') : -1;
    if (typeof pair !== 'string' || at < 1 || at === pair.length - 1 || pair.includes(' ', at + 1)) {
      throw damagedTokenizer(file, `its merge ${rank} is no pair of tokens`);
    }
    ranks.set(pair, rank);
  }
  return ranks;
}

const templateSchema = z.looseObject({
  type: z.literal('TemplateProcessing'),
  single: z.array(z.looseObject({ SpecialToken: z.looseObject({ id: z.string() }).optional() })),
});

/** What tokenizer.json itself puts in front of a text. */
function templateBos(
  step: Step | null,
  added: readonly AddedToken[],
  ids: ReadonlyMap<string, number>,
): number | null {
  const steps: readonly unknown[] =
    step?.type === 'Sequence' && Array.isArray(step.processors) ? step.processors : [step];
  for (const candidate of steps) {
    const template = templateSchema.safeParse(candidate);
    const text = template.success ? template.data.single[0]?.SpecialToken?.id : undefined;
    if (text !== undefined) return added.find(({ content }) => content === text)?.id ?? ids.get(text) ?? null;
  }
  return null;
}
