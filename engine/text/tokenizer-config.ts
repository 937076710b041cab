import * as z from 'zod';
import { endIds } from './end-tokens.ts';
import { type AddedToken, addedTokenSchema, damagedTokenizer, firstIssue } from './tokenizer-parts.ts';

const namedTokenSchema = z
  .union([z.string(), z.looseObject({ content: z.string() })])
  .nullish()
  .transform((token) => (typeof token === 'object' && token !== null ? token.content : (token ?? null)));

const names = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
] as const;

const configSchema = z.looseObject({
  bos_token: namedTokenSchema,
  eos_token: namedTokenSchema,
  unk_token: namedTokenSchema,
  sep_token: namedTokenSchema,
  pad_token: namedTokenSchema,
  cls_token: namedTokenSchema,
  mask_token: namedTokenSchema,
  add_bos_token: z.boolean().nullish(),
  add_prefix_space: z.boolean().nullish(),
  legacy: z.boolean().nullish(),
  added_tokens_decoder: z.record(z.string(), addedTokenSchema.omit({ id: true })).nullish(),
});
/** A tokenizer_config.json as far as it matters here. */
export type TokenizerConfig = z.infer<typeof configSchema>;

/** Throws ExpectedError 'file_corrupt'. */
export function readTokenizerConfig(config: unknown, file: string): TokenizerConfig {
  const settings = configSchema.safeParse(config);
  if (!settings.success) throw damagedTokenizer(file, firstIssue(settings.error), settings.error);
  return settings.data;
}

/** Older repositories name further tokens in added_tokens.json, text to id, instead of in the configuration. */
export function withAddedTokens(config: TokenizerConfig, added: unknown, file: string): TokenizerConfig {
  if (config.added_tokens_decoder) return config;
  const table = z.record(z.string(), z.int().nonnegative()).safeParse(added);
  if (!table.success) throw damagedTokenizer(file, firstIssue(table.error), table.error);
  const named = new Set(names.map((name) => config[name]));
  const decoder = Object.entries(table.data).map(([content, id]) => [
    String(id),
    { content, lstrip: false, rstrip: false, normalized: false, special: named.has(content) },
  ]);
  return { ...config, added_tokens_decoder: Object.fromEntries(decoder) };
}

/**
 * The added tokens of a tokenizer with those that its configuration adds or sets otherwise: `added_tokens_decoder`, then
 * named tokens that are not among them, `<PAD>` for instance. New ones get the ids behind the vocabulary (transformers
 * 4.44.2, tokenization_utils_fast.py; tokenizers' added_vocabulary.rs).
 */
export function withConfigTokens(
  added: readonly AddedToken[],
  ids: ReadonlyMap<string, number>,
  config: TokenizerConfig,
): readonly AddedToken[] {
  const tokens = new Map(added.map((token) => [token.content, token]));
  const named = new Set(names.flatMap((name) => config[name] ?? []));
  let highest = added.reduce((most, { id }) => Math.max(most, id), -1);
  const add = (token: Omit<AddedToken, 'id'>): void => {
    const known = tokens.get(token.content)?.id ?? ids.get(token.content);
    const id = known ?? (highest >= ids.size ? highest + 1 : ids.size);
    highest = Math.max(highest, id);
    tokens.set(token.content, { ...token, id, special: token.special || named.has(token.content) });
  };
  const listed = Object.entries(config.added_tokens_decoder ?? {});
  for (const [, token] of listed.sort(([a], [b]) => Number(a) - Number(b))) add(token);
  for (const content of named) {
    if (content !== '' && !tokens.has(content))
      add({ content, lstrip: false, rstrip: false, normalized: false, special: true });
  }
  return [...tokens.values()];
}

/** What the tokenizer is called with, by a configuration; `bosId` is what it puts in front of a text by itself. */
export function settingsOf(
  config: TokenizerConfig,
  added: readonly AddedToken[],
  ids: ReadonlyMap<string, number>,
  bosId: number | null,
) {
  const idOf = (text: string | null): number | null =>
    text === null ? null : (added.find(({ content }) => content === text)?.id ?? ids.get(text) ?? null);
  const { add_bos_token, bos_token, eos_token } = config;
  return {
    bosId: typeof add_bos_token === 'boolean' ? (add_bos_token ? idOf(bos_token) : null) : bosId,
    eosIds: endIds(
      added.filter((token) => token.special),
      idOf(eos_token),
    ),
    namedTokens: Object.fromEntries(
      names.flatMap((name) => (config[name] === null ? [] : [[name, config[name]]])),
    ),
  };
}
