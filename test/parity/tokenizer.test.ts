import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fromGguf } from '../../engine/text/gguf-tokenizer.ts';
import { openTokenizer } from '../../engine/text/open-tokenizer.ts';
import { readSentencePiece } from '../../engine/text/sentencepiece-model.ts';
import type { Tokenizer } from '../../engine/text/tokenizer.ts';
import { fixturesFolder, foldersWith, readJson } from './fixtures.ts';

const ids = z.array(z.number());
const casesSchema = z.array(
  z.object({ text: z.string(), ids, ids_no_special: ids, decode_skip_special: z.string() }),
);
const answersSchema = z.array(
  z.object({ case: z.string(), prompt: z.string().nullish(), generated_ids: ids, text: z.string() }),
);

const folders = await foldersWith('tokenizer_cases.json');

function check(tokenizer: Tokenizer, cases: z.infer<typeof casesSchema>): void {
  for (const { text, ids, ids_no_special, decode_skip_special } of cases) {
    expect(tokenizer.encode(text), text).toEqual(ids_no_special);
    // The reference's empty text has its BOS only.
    const bos = tokenizer.bosId === null ? [] : [tokenizer.bosId];
    expect([...bos, ...tokenizer.encode(text)], text).toEqual(ids);
    expect(tokenizer.decode(ids), text).toBe(decode_skip_special);
    const stream = tokenizer.stream();
    expect(ids.map((id) => stream.push(id)).join('') + stream.end(), text).toBe(decode_skip_special);
  }
}

it('there are tokenizer fixtures', () => {
  expect(folders).not.toEqual([]);
});

const kinds = [
  { kind: 'json', file: 'tokenizer.json' },
  { kind: 'sentencepiece', file: 'tokenizer.model' },
] as const;

describe.each(folders)('%s', (folder) => {
  const place = (file: string): string => join(fixturesFolder, folder, 'llm', file);
  const present = kinds.filter(({ file }) => existsSync(place(file)));
  it('has a tokenizer', () => expect(present).not.toEqual([]));

  it.each(present)('$file gives the reference ids and texts', async ({ kind, file }) => {
    const config = place('tokenizer_config.json');
    const tokenizer = await openTokenizer({
      kind,
      file: place(file),
      config: existsSync(config) ? config : null,
    });
    check(tokenizer, casesSchema.parse(await readJson(folder, 'tokenizer_cases.json')));
    if (!existsSync(join(fixturesFolder, folder, 'expected', 'cases.json'))) return;
    for (const answer of answersSchema.parse(await readJson(folder, 'expected', 'cases.json'))) {
      expect(tokenizer.decode(answer.generated_ids).trim(), answer.case).toBe(answer.text);
    }
  });

  it.runIf(existsSync(place('tokenizer.model')))(
    'the pieces as a GGUF file holds them give the same',
    async () => {
      const path = place('tokenizer.model');
      const pieces = readSentencePiece(await readFile(path), path);
      const idOf = (type: number, nth: number) =>
        pieces.flatMap((piece, id) => (piece.type === type ? [id] : []))[nth];
      const tokenizer = fromGguf(
        new Map<string, unknown>([
          ['tokenizer.ggml.model', 'llama'],
          ['tokenizer.ggml.tokens', pieces.map(({ text }) => text)],
          ['tokenizer.ggml.scores', pieces.map(({ score }) => score)],
          ['tokenizer.ggml.token_type', pieces.map(({ type }) => type)],
          ['tokenizer.ggml.bos_token_id', idOf(3, 0)],
          ['tokenizer.ggml.eos_token_id', idOf(3, 1)],
          ['tokenizer.ggml.unknown_token_id', idOf(2, 0)],
        ]),
      );
      check(tokenizer, casesSchema.parse(await readJson(folder, 'tokenizer_cases.json')));
    },
  );
});
