import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openTokenizer } from '../../../engine/text/open-tokenizer.ts';

const root = fileURLToPath(new URL('../../fixtures/tokenizers', import.meta.url));
const ids = z.array(z.number());
const casesSchema = z.array(
  z.object({ text: z.string(), ids, ids_no_special: ids, decode_skip_special: z.string() }),
);
const kinds = [
  { kind: 'json', file: 'tokenizer.json' },
  { kind: 'sentencepiece', file: 'tokenizer.model' },
] as const;
const variants = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => kinds.map((kind) => ({ name, ...kind })))
  .filter(({ name, file }) => existsSync(join(root, name, file)));

describe.each(variants)('$name, $file', ({ name, kind, file }) => {
  const folder = join(root, name);
  const cases = casesSchema.parse(JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')));
  const opened = openTokenizer({
    kind,
    file: join(folder, file),
    config: join(folder, 'tokenizer_config.json'),
  });

  it('encodes and decodes as transformers does', async () => {
    const tokenizer = await opened;
    const bos = tokenizer.bosId === null ? [] : [tokenizer.bosId];
    for (const { text, ids, ids_no_special, decode_skip_special } of cases) {
      expect(tokenizer.encode(text), text).toEqual(ids_no_special);
      expect([...bos, ...ids_no_special], text).toEqual(ids);
      expect(tokenizer.decode(ids), text).toBe(decode_skip_special);
    }
  });

  it('takes literal text as characters', async () => {
    const tokenizer = await opened;
    for (const { text, ids_no_special } of cases) {
      const literal = tokenizer.encode(tokenizer.literal(text));
      if (!ids_no_special.some((id) => tokenizer.decode([id]) === ''))
        expect(literal).toEqual(ids_no_special);
      expect(literal.some((id) => tokenizer.eosIds.has(id))).toBe(false);
    }
  });
});

it('a file that is not there, or is something else, is named', async () => {
  const config = null;
  const missing = openTokenizer({ kind: 'json', file: join(root, 'nothing.json'), config });
  await expect(missing).rejects.toMatchObject({ code: 'file_missing' });
  const file = join(root, 'pad', 'tokenizer.model');
  await expect(openTokenizer({ kind: 'json', file, config })).rejects.toMatchObject({
    code: 'file_corrupt',
    message: expect.stringContaining(file),
  });
  const json = join(root, 'qwen', 'tokenizer.json');
  await expect(openTokenizer({ kind: 'sentencepiece', file: json, config })).rejects.toMatchObject({
    code: 'file_corrupt',
  });
});
