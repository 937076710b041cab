import { readFile } from 'node:fs/promises';
import * as z from 'zod';

const schema = z.object({
  size: z.number(),
  tokens: z.array(z.tuple([z.number(), z.string(), z.number()])),
  merges: z.array(z.string()),
  chatTemplate: z.string(),
  prompts: z.array(
    z.object({ prompt: z.string(), ids: z.array(z.number()), greedy: z.array(z.number()), text: z.string() }),
  ),
  texts: z.array(z.object({ text: z.string(), ids: z.array(z.number()), decode: z.string() })),
});

/** The trimmed vocabulary of SmolLM2 as the metadata of its GGUF file, and what the reference made of some texts. */
export async function smollm2() {
  const path = new URL('../../fixtures/smollm2-golden.json', import.meta.url);
  const golden = schema.parse(JSON.parse(await readFile(path, 'utf8')));
  const tokens = Array.from({ length: golden.size }, (_, id) => `unused ${id}`);
  const kinds = Array.from({ length: golden.size }, () => 1);
  for (const [id, text, kind] of golden.tokens) {
    tokens[id] = text;
    kinds[id] = kind;
  }
  const metadata: ReadonlyMap<string, unknown> = new Map<string, unknown>([
    ['tokenizer.ggml.model', 'gpt2'],
    ['tokenizer.ggml.pre', 'smollm'],
    ['tokenizer.ggml.tokens', tokens],
    ['tokenizer.ggml.token_type', kinds],
    ['tokenizer.ggml.merges', golden.merges],
    ['tokenizer.ggml.bos_token_id', 1],
    ['tokenizer.ggml.eos_token_id', 2],
    ['tokenizer.ggml.unknown_token_id', 0],
    ['tokenizer.ggml.padding_token_id', 2],
    ['tokenizer.ggml.add_bos_token', false],
  ]);
  return { ...golden, metadata };
}
