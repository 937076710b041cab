import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutPrompt } from '../../../engine/answering/context.ts';
import {
  type GenerationEvent,
  type GenerationResult,
  TextGenerator,
} from '../../../engine/answering/generate.ts';
import { type Sampling, samplingSchema } from '../../../engine/contract/sampling.ts';
import { fromHuggingFace } from '../../../engine/models/llama-config.ts';
import { writeEmbeddingTable, writeLanguageModel } from '../../../engine/models/write-graphs.ts';
import { EmbeddingTable } from '../../../engine/runtime/embedding-table.ts';
import { LanguageModel } from '../../../engine/runtime/language-model.ts';
import type { PromptSegment } from '../../../engine/text/prompt.ts';
import type { Tokenizer } from '../../../engine/text/tokenizer.ts';
import { openTensors } from '../../../engine/weights/open.ts';

const fixture = fileURLToPath(new URL('../../fixtures/llama-tiny', import.meta.url));
const never = new AbortController().signal;
const greedy: Sampling = samplingSchema.parse({ maxTokens: 12 });

/** One letter a token, so that text tells ids apart. */
const tokenizer: Tokenizer = {
  vocabSize: 512,
  bosId: 1,
  eosIds: new Set(),
  namedTokens: {},
  specials: new Map(),
  encode: (text) => [...text].map((character) => character.charCodeAt(0)),
  literal: (text) => text,
  decode: (ids) => String.fromCharCode(...ids.map((id) => id + 0x4e00)),
  stream: () => ({ push: (id) => String.fromCharCode(id + 0x4e00), end: () => '' }),
};

let scratch: string;
let config: ReturnType<typeof fromHuggingFace>;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merv-generate-'));
  config = fromHuggingFace(JSON.parse(await readFile(join(fixture, 'config.json'), 'utf8')), 1024);
  const weights = await openTensors(fixture);
  await writeLanguageModel(join(scratch, 'lm.onnx'), config, weights, { precision: 'fp32' });
  await writeEmbeddingTable(join(scratch, 'rows'), weights, 'float32');
  await weights.close();
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function generator(contextLength = 1024): Promise<TextGenerator> {
  const { layers, kvHeads, hidden, vocab, rope } = config;
  return new TextGenerator({
    model: await LanguageModel.open(join(scratch, 'lm.onnx'), {
      layers,
      kvHeads,
      hidden,
      headDim: rope.headDim,
    }),
    table: new EmbeddingTable(join(scratch, 'rows'), { vocab, hidden, type: 'float32' }),
    tokenizer,
    contextLength,
  });
}

const ids = (length: number, seed: number) =>
  Array.from({ length }, (_, i) => ((i * 7919 + seed * 31) % 500) + 3);
const tokens = (list: readonly number[]): PromptSegment => ({ kind: 'tokens', ids: list });
const visualRows = (seed: number) =>
  Float32Array.from({ length: 5 * 64 }, (_, i) => Math.sin(i * 0.37 + seed));

async function run(
  text: TextGenerator,
  segments: readonly PromptSegment[],
  options: {
    key?: string | null;
    visual?: Float32Array | null;
    sampling?: Partial<Sampling>;
    signal?: AbortSignal;
  } = {},
): Promise<{ events: GenerationEvent[]; result: GenerationResult }> {
  const prompt = layoutPrompt(segments, options.key ?? null, 5);
  const sampling = { ...greedy, ...options.sampling };
  const generation = text.generate(prompt, options.visual ?? null, sampling, options.signal ?? never);
  const events: GenerationEvent[] = [];
  for (;;) {
    const next = await generation.next();
    if (next.done) return { events, result: next.value };
    events.push(next.value);
  }
}

describe('generation', () => {
  it('answers a follow-up from the kept context exactly as from an empty one, reading only what is new', async () => {
    const first = [tokens(ids(30, 1)), { kind: 'visual' }, tokens(ids(300, 2))] as const;
    const video = { key: 'clip-a', visual: visualRows(1) };
    const warm = await generator();
    const { result } = await run(warm, first, video);
    const followUp = [...first, tokens([...result.ids, ...ids(20, 3)])];
    const layout = layoutPrompt(followUp, 'clip-a', 5);
    expect(warm.cachedPrefix(layout)).toBe(30 + 5 + 300 + result.ids.length - 1);
    // The visual rows are in the context already and need not be given again.
    const warmAnswer = await run(warm, followUp, { key: 'clip-a' });
    const coldAnswer = await run(await generator(), followUp, video);
    expect(warmAnswer.result.ids).toEqual(coldAnswer.result.ids);
    expect(warmAnswer.events.filter(({ type }) => type === 'prefill')).toHaveLength(1);
    expect(coldAnswer.events.filter(({ type }) => type === 'prefill')).toHaveLength(2);
  });

  it('does not take one video for another', async () => {
    const segments = [tokens(ids(8, 1)), { kind: 'visual' }, tokens(ids(8, 2))] as const;
    const text = await generator();
    await run(text, segments, { key: 'clip-a', visual: visualRows(1) });
    expect(text.cachedPrefix(layoutPrompt(segments, 'clip-b', 5))).toBe(8);
    const second = await run(text, segments, { key: 'clip-b', visual: visualRows(9) });
    const fresh = await run(await generator(), segments, { key: 'clip-b', visual: visualRows(9) });
    expect(second.result.ids).toEqual(fresh.result.ids);
  });

  it('goes on from an answer that was stopped in the middle', async () => {
    const text = await generator();
    const stop = new AbortController();
    const prompt = layoutPrompt([tokens(ids(20, 4))], null, 5);
    const generation = text.generate(prompt, null, greedy, stop.signal);
    for (let seen = 0; seen < 4; ) if ((await generation.next()).value && ++seen === 4) stop.abort();
    await expect(generation.next()).rejects.toMatchObject({ code: 'cancelled' });
    const again = await run(text, [tokens(ids(20, 4))]);
    expect(again.result.ids).toEqual((await run(await generator(), [tokens(ids(20, 4))])).result.ids);
  });

  it('stops within one chunk of a long prompt', async () => {
    const text = await generator();
    const stop = new AbortController();
    const generation = text.generate(layoutPrompt([tokens(ids(900, 5))], null, 5), null, greedy, stop.signal);
    expect((await generation.next()).value).toMatchObject({ type: 'prefill', done: 256, total: 900 });
    stop.abort();
    await expect(generation.next()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('ends at the end of the context, at maxTokens and at a stop string', async () => {
    const text = await generator(40);
    const full = await run(text, [tokens(ids(36, 6))], { sampling: { maxTokens: 100 } });
    expect(full.result).toMatchObject({ finish: 'length' });
    expect(full.result.ids).toHaveLength(4);
    const whole = await run(text, [tokens(ids(20, 6))]);
    expect(whole.result.ids).toHaveLength(12);
    const stop = tokenizer.decode(whole.result.ids.slice(3, 5));
    const cut = await run(text, [tokens(ids(20, 6))], { sampling: { stop: [stop] } });
    expect(cut.result.finish).toBe('stop');
    const said = cut.events.map((event) => (event.type === 'token' ? event.text : '')).join('');
    const before = tokenizer.decode(whole.result.ids);
    expect(said).toBe(before.slice(0, before.indexOf(stop)));
  });
});
