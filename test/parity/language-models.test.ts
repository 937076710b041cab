import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { LlamaConfig } from '../../engine/models/llama.ts';
import { fromHuggingFace } from '../../engine/models/llama-config.ts';
import { writeEmbeddingTable, writeLanguageModel } from '../../engine/models/write-graphs.ts';
import type { LinearPrecision } from '../../engine/nn/precision.ts';
import { EmbeddingTable } from '../../engine/runtime/embedding-table.ts';
import { LanguageModel } from '../../engine/runtime/language-model.ts';
import { openTensors } from '../../engine/weights/open.ts';
import { fixturesFolder, foldersWith, largestDifference, readJson } from './fixtures.ts';
import { fp16Tolerance, relativeError, toleranceBeside } from './precision.ts';
import { greedyPaths } from './ties.ts';

const expectedSchema = z.object({ prompt_ids: z.array(z.number()), greedy_ids_no_stop: z.array(z.number()) });
const metaSchema = z.object({
  tolerance: z.object({ logits_atol: z.number() }),
});

interface Loaded {
  readonly config: LlamaConfig;
  readonly model: LanguageModel;
  readonly table: EmbeddingTable;
}

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merv-parity-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function load(path: readonly string[], precision: LinearPrecision): Promise<Loaded> {
  const folder = join(fixturesFolder, ...path);
  const name = `${path.join('-')}-${precision}`;
  const config = fromHuggingFace(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')), 4096);
  const weights = await openTensors(folder);
  try {
    await writeLanguageModel(join(scratch, `${name}.onnx`), config, weights, { precision });
    await writeEmbeddingTable(join(scratch, `${name}.rows`), weights, 'float32');
  } finally {
    await weights.close();
  }
  const { layers, kvHeads, hidden, vocab, rope } = config;
  return {
    config,
    model: await LanguageModel.open(join(scratch, `${name}.onnx`), {
      layers,
      kvHeads,
      hidden,
      headDim: rope.headDim,
    }),
    table: new EmbeddingTable(join(scratch, `${name}.rows`), { vocab, hidden, type: 'float32' }),
  };
}

async function expectedTensors(path: readonly string[]) {
  const source = await openTensors(join(fixturesFolder, ...path, 'expected.safetensors'));
  const read = (name: string) => source.read(name);
  return { read, close: () => source.close() };
}

/** Logits of every position, the prompt fed in pieces of the given length so that the cache takes part. */
async function logitsOf({ model, table, config }: Loaded, ids: readonly number[]): Promise<Float32Array> {
  model.truncate(0);
  const all = new Float32Array(ids.length * config.vocab);
  for (const [i, id] of ids.entries()) all.set(await model.forward(table.rows([id])), i * config.vocab);
  return all;
}

/** Prompt in chunks, then the reference's steps: the logits behind each, and what would be picked from them. */
async function steps({ model, table, config }: Loaded, prompt: readonly number[], path: readonly number[]) {
  model.truncate(0);
  const logits = new Float32Array(path.length * config.vocab);
  const picked: number[] = [];
  let next: Float32Array = new Float32Array(0);
  for (let from = 0; from < prompt.length; from += 256)
    next = await model.forward(table.rows(prompt.slice(from, from + 256)));
  for (const [step, id] of path.entries()) {
    logits.set(next, step * config.vocab);
    picked.push(next.reduce((best, value, i) => (value > next[best]! ? i : best), 0));
    next = await model.forward(table.rows([id]));
  }
  return { picked, logits };
}

const whole = await foldersWith('expected.json');
/** The same weights in other files: folders of language models that have only logits to compare. */
const containers: (readonly [string, string])[] = [];
for (const group of await foldersWith('meta.json')) {
  for (const name of await foldersWith('expected.safetensors', group)) {
    if (existsSync(join(fixturesFolder, group, name, 'config.json'))) containers.push([group, name]);
  }
}

describe('language models at fp32', () => {
  const greedy = greedyPaths('language models at fp32');
  it('has fixtures', () => expect(whole.length).toBeGreaterThan(0));

  describe.each(whole)('%s', (name) => {
    it('gives the same logits and picks the same tokens', async (context) => {
      const { tolerance } = metaSchema.parse(await readJson(name, 'meta.json'));
      const expected = expectedSchema.parse(await readJson(name, 'expected.json'));
      const ids = expected.greedy_ids_no_stop;
      const tensors = await expectedTensors([name]);
      const loaded = await load([name], 'fp32');
      const { picked, logits } = await steps(loaded, expected.prompt_ids, ids);
      const reference = { ids, logits: await tensors.read('step_logits') };
      expect(largestDifference(logits, reference.logits)).toBeLessThan(tolerance.logits_atol);
      await greedy.check(context, picked, reference, tolerance.logits_atol);
      const positions = await logitsOf(loaded, expected.prompt_ids);
      expect(largestDifference(positions, await tensors.read('logits'))).toBeLessThan(tolerance.logits_atol);
      await tensors.close();
    });
  });

  describe.each(containers)('container %s/%s', (group, name) => {
    it('gives the same logits', async () => {
      const meta = metaSchema.parse(await readJson(group, 'meta.json'));
      const tensors = await expectedTensors([group, name]);
      const loaded = await load([group, name], 'fp32');
      const prompt = Array.from(await tensors.read('input_ids'));
      const logits = await logitsOf(loaded, prompt);
      expect(largestDifference(logits, await tensors.read('logits'))).toBeLessThan(
        meta.tolerance.logits_atol,
      );
      await tensors.close();
    });
  });
});

describe('language models with fewer bits', () => {
  it.each(whole)('%s stays within its derived tolerances', async (name) => {
    const expected = expectedSchema.parse(await readJson(name, 'expected.json'));
    const tensors = await expectedTensors([name]);
    const reference = await tensors.read('logits');
    const errorOf = async (precision: LinearPrecision) => {
      const loaded = await load([name], precision);
      const error = relativeError(await logitsOf(loaded, expected.prompt_ids), reference);
      return { error, layers: loaded.config.layers };
    };
    const half = await errorOf('fp16');
    // Seven linear layers a block, five of them one after the other, and the head.
    expect(half.error).toBeLessThan(fp16Tolerance(5 * half.layers + 1));
    for (const precision of ['int8', 'int4'] as const) {
      const { error } = await errorOf(precision);
      expect(error, precision).toBeLessThan(toleranceBeside(precision, half.error));
    }
    await tensors.close();
  });
});
