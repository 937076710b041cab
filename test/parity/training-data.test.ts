import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openTokenizer } from '../../engine/text/open-tokenizer.ts';
import { hasPicture, readRows, wordsOf } from '../../engine/training/data/rows.ts';
import { alignTokens, conversationTokens } from '../../engine/training/data/tokens.ts';
import { ignored } from '../../engine/training/example.ts';
import { fixturesFolder, foldersWith, readJson } from './fixtures.ts';

const itemsSchema = z.array(
  z.object({
    input_ids: z.array(z.number()),
    labels: z.array(z.number()),
    is_image: z.boolean(),
    multimodal: z.boolean(),
  }),
);

const stages = await foldersWith('dataset_items.json', 'training');

describe.skipIf(stages.length === 0)('training data', async () => {
  it('has examples of the reference', () => expect(stages).toContain('finetune'));

  const folder = join(fixturesFolder, 'merv-tiny', 'llm');
  const tokenizer = await openTokenizer({
    kind: 'json',
    file: join(folder, 'tokenizer.json'),
    config: join(folder, 'tokenizer_config.json'),
  });
  const read = async (stage: string) => readRows(await readJson('training', 'data', `${stage}.json`));
  const tokens = (stage: string, row: Parameters<typeof alignTokens>[0], longest: number) =>
    stage === 'align'
      ? alignTokens(row, tokenizer, longest)
      : conversationTokens(row, tokenizer, 'pure', longest);

  it.each(stages)('%s: ids, labels and kinds as the reference’s data set gives them', async (name) => {
    const { rows, bad } = await read(name);
    const items = itemsSchema.parse(await readJson('training', name, 'dataset_items.json'));
    expect(bad).toEqual([]);
    expect(rows.length).toBe(items.length);
    for (const [i, row] of rows.entries()) {
      const { ids, labels, cut } = tokens(name, row, 2048);
      expect({ ids, labels, cut }).toEqual({ ids: items[i]!.input_ids, labels: items[i]!.labels, cut: 0 });
      expect(hasPicture(row)).toBe(items[i]!.multimodal);
      expect(row.image !== undefined).toBe(items[i]!.is_image);
    }
  });

  it('counts words as the reference does', async () => {
    const lengths = z
      .array(z.tuple([z.boolean(), z.number()]))
      .parse(await readJson('training', 'finetune', 'modality_lengths.json'));
    const { rows } = await read('finetune');
    expect(rows.map((row) => [hasPicture(row), wordsOf(row)])).toEqual(lengths);
  });

  it('cuts what is too long, and says how much', async () => {
    const { rows } = await read('finetune');
    const whole = tokens('finetune', rows[0]!, 2048);
    const short = tokens('finetune', rows[0]!, 24);
    expect(short).toEqual({
      ids: whole.ids.slice(0, 24),
      labels: whole.labels.slice(0, 24),
      cut: whole.ids.length - 24,
    });
    expect(short.labels.filter((label) => label !== ignored).length).toBe(3);
  });
});
