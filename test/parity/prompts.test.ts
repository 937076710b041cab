import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ExpectedError } from '../../engine/contract/errors.ts';
import { builderPrompt } from '../../engine/text/builder-prompt.ts';
import type { ChatTurn } from '../../engine/text/prompt.ts';
import {
  type BuilderName,
  builderOf,
  type Message,
  promptText,
  writeTurns,
} from '../../engine/text/prompt-builders/builders.ts';
import { fromTokenizerJson } from '../../engine/text/tokenizer-json.ts';
import { fixturesFolder, foldersWith, readJson } from './fixtures.ts';

/** The reference's builders by the names of the fixtures. */
const ours: Readonly<Record<string, BuilderName>> = {
  pure: 'pure',
  'llama2-chat': 'llama2-chat',
  'llama3.1-chat': 'llama3.1-chat',
  'vicuna-v1.5': 'vicuna',
  qwen2: 'qwen2',
};
const builderSchema = z.string().transform((name, context) => {
  const builder = ours[name];
  if (builder !== undefined) return builder;
  context.addIssue(`no builder ${name}`);
  return z.NEVER;
});
const rowsSchema = z.array(
  z.object({
    builder: builderSchema,
    system: z.string().nullable(),
    system_case: z.string(),
    case: z.string(),
    turns: z.array(z.tuple([z.enum(['human', 'gpt']), z.string()])),
    add_turn_returns: z.array(z.string()),
    prompt_attribute: z.string(),
    get_prompt: z.string(),
  }),
);
const errorsSchema = z.array(
  z.object({ builder: builderSchema, call: z.string(), error: z.string().nullable() }),
);
const casesSchema = z.array(
  z.object({
    question: z.string(),
    // A case that the reference could not run has neither.
    prompt: z.string().optional(),
    input_ids: z.array(z.number()).default([]),
  }),
);

const has = (...path: readonly string[]) => existsSync(join(fixturesFolder, ...path));

describe.runIf(has('prompts'))('prompt builders', async () => {
  if (!has('prompts')) return;
  const rows = rowsSchema.parse(await readJson('prompts', 'prompts.json'));
  const errors = errorsSchema.parse(await readJson('prompts', 'errors.json'));

  it.each(rows)('$builder, $case, system $system_case', (row) => {
    const messages = row.turns.map(([role, text]): Message => ({ role, text }));
    const { builder, turns } = writeTurns(row.builder, messages, row.system);
    const wrapped = turns.map((turn, i) => (messages[i]!.role === 'gpt' ? turn + builder.end : turn));
    expect(wrapped).toEqual(row.add_turn_returns);
    expect(builder.opening + wrapped.join('')).toBe(row.prompt_attribute);
    expect(promptText(row.builder, messages, row.system)).toBe(row.get_prompt);
  });

  const attempts: Readonly<Record<string, (builder: BuilderName) => void>> = {
    'gpt turn first': (builder) => writeTurns(builder, [{ role: 'gpt', text: 'x' }], null),
    'human twice': (builder) =>
      writeTurns(builder, [{ role: 'human', text: 'x' }, { role: 'human', text: 'y' }], null), // biome-ignore format: one line
    'system_prompt keyword (as MERV.get_prompt_builder passes it)': (builder) =>
      writeTurns(builder, [{ role: 'human', text: 'x' }], 'y'),
  };
  it.each(errors)('$builder, $call: $error', ({ builder, call, error }) => {
    const attempt = () => attempts[call]!(builder);
    if (error === null) expect(attempt).not.toThrow();
    else expect(attempt).toThrow(ExpectedError);
  });

  it('the builder of every language model is the reference’s', async () => {
    const table = z.record(z.string(), builderSchema).parse(await readJson('prompts', 'builder_of_llm.json'));
    for (const [llm, builder] of Object.entries(table)) expect(builderOf(llm), llm).toBe(builder);
    expect(builderOf('gpt-5')).toBeNull();
  });
});

const models = (await foldersWith('tokenizer_cases.json')).filter((name) =>
  has(name, 'expected', 'cases.json'),
);
const configSchema = z.object({ model: z.object({ llm_backbone_id: z.string() }) });
describe.each(models)('%s', (name) => {
  it('conversations become the ids that the reference gives its language model', async () => {
    const tokenizer = fromTokenizerJson(
      await readJson(name, 'llm', 'tokenizer.json'),
      await readJson(name, 'llm', 'tokenizer_config.json'),
    );
    const config = configSchema.parse(await readJson(name, 'config.json'));
    const builder = builderOf(config.model.llm_backbone_id)!;
    for (const { prompt, question, input_ids } of casesSchema.parse(
      await readJson(name, 'expected', 'cases.json'),
    )) {
      if (prompt === undefined) continue;
      expect(promptText(builder, [{ role: 'human', text: question }], null)).toBe(prompt);
      const turns: ChatTurn[] = [{ role: 'user', text: question }];
      expect(builderPrompt({ turns, builder, tokenizer, withVideo: false })).toEqual([
        { kind: 'tokens', ids: input_ids },
      ]);
      const bos = tokenizer.bosId === null ? [] : [{ kind: 'tokens', ids: [tokenizer.bosId] }];
      expect(builderPrompt({ turns, builder, tokenizer, withVideo: true })).toEqual([
        ...bos,
        { kind: 'visual' },
        { kind: 'tokens', ids: input_ids.slice(bos.length) },
      ]);
    }
  });
});
