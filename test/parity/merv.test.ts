import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Answerer, createAnswerer } from '../../engine/answering/answerer.ts';
import { planClip } from '../../engine/answering/clip-features.ts';
import { embedItems, layoutPrompt, type PromptLayout } from '../../engine/answering/context.ts';
import { LoadedModel } from '../../engine/answering/loaded-model.ts';
import { samplingSchema } from '../../engine/contract/sampling.ts';
import type { Clip } from '../../engine/contract/video.ts';
import { type ModelRecipe, recipeParts } from '../../engine/hub/conversion/recipe.ts';
import { partBytes } from '../../engine/models/model.ts';
import { EmbeddingTable } from '../../engine/runtime/embedding-table.ts';
import type { VisualTokens } from '../../engine/runtime/encoder-session.ts';
import { onProcessor } from '../../engine/runtime/graph-session.ts';
import { LanguageModel } from '../../engine/runtime/language-model.ts';
import { decodeFrames } from '../../engine/video/decode.ts';
import { findFfmpeg } from '../../engine/video/ffmpeg.ts';
import { sampleFrames } from '../../engine/video/sampling.ts';
import { type OpenedVideo, openVideo } from '../../engine/video/video.ts';
import { openTensors } from '../../engine/weights/open.ts';
import { fixturesFolder, largestDifference, readJson } from './fixtures.ts';
import { installRun, mervRecipeOf, mervRuns } from './merv-run.ts';
import { relativeError } from './precision.ts';
import { greedyPaths } from './ties.ts';

const caseSchema = z.object({
  case: z.string(),
  video: z.string().nullable(),
  question: z.string(),
  kwargs: z.object({
    clip_start_sec: z.number().optional(),
    clip_end_sec: z.number().optional(),
    end_frame: z.number().optional(),
  }),
  input_ids: z.array(z.number()),
  generated_ids: z.array(z.number()),
  text: z.string(),
  sequence: z.object({ visual: z.tuple([z.number(), z.number()]) }),
});
type Case = z.infer<typeof caseSchema>;
const metaSchema = z.object({
  tolerance: z.object({ features_atol: z.number(), logits_atol: z.number() }),
});

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merv-parity-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const runs = await Promise.all(
  (await mervRuns()).map(async (run) => ({
    ...run,
    // One that the reference itself refuses has an error instead of an answer.
    cases: z
      .array(z.union([caseSchema, z.object({ error: z.string() })]))
      .parse(await readJson(run.name, 'expected', 'cases.json'))
      .filter((each): each is Case => !('error' in each)),
    tolerance: metaSchema.parse(await readJson(run.name, 'meta.json')).tolerance,
  })),
);
const latest = 'latest-checkpoint.pt';

async function readExpected(run: string, name: string) {
  const source = await openTensors(join(fixturesFolder, run, 'expected', `${name}.safetensors`));
  const tensors = new Map<string, Float32Array>();
  for (const key of source.tensors.keys()) tensors.set(key, await source.read(key));
  await source.close();
  return tensors;
}

/** Rows of a table of logits. */
function rowsOf(table: Float32Array, vocab: number): readonly Float32Array[] {
  return Array.from({ length: table.length / vocab }, (_, i) => table.subarray(i * vocab, (i + 1) * vocab));
}

function argmax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}

/** A case's clip; `end_frame` as the seconds that mean the same frames. */
function clipOf({ kwargs }: Case, video: OpenedVideo | null, counts: readonly number[]): Clip | null {
  const { clip_start_sec: from = 0, clip_end_sec: to = null, end_frame: endFrame } = kwargs;
  if (video === null || (from === 0 && to === null && endFrame === undefined)) return null;
  if (endFrame === undefined) return { from, to };
  const { frameCount, fps } = video.info;
  const indexes = (clip: Clip | null, last: number | null) =>
    sampleFrames({ frameCount, averageFps: fps, clip, endFrame: last, counts }).indexes;
  const clip = { from: 0, to: (endFrame + 1) / fps };
  expect(indexes(clip, null)).toEqual(indexes(null, endFrame));
  return clip;
}

describe.each(runs)('$name', ({ name, checkpoints, cases, tolerance }) => {
  const tokens = greedyPaths(`${name}, token by token`);
  const answers = greedyPaths(`${name}, answers`);
  let recipe: ModelRecipe;
  let model: LoadedModel;
  let answerer: Answerer;

  beforeAll(async () => {
    recipe = await mervRecipeOf(name, latest);
    await installRun(recipe, scratch, name);
    model = await LoadedModel.open(scratch, name, onProcessor);
    answerer = createAnswerer({
      modelsFolder: scratch,
      cacheFolder: join(scratch, 'cache'),
      speeds: { read: () => null, record: () => {} },
      openGraph: onProcessor,
    });
  });
  afterAll(() => Promise.all([model.release(), answerer.close()]));

  const vocab = () => model.model.languageModel.spec.vocab;
  const referenceOf = (each: Case, expected: ReadonlyMap<string, Float32Array>) => ({
    ids: each.generated_ids,
    logits: expected.get('step_logits')!.subarray(0, each.generated_ids.length * vocab()),
  });
  const openCase = async ({ video }: Case) =>
    video === null ? null : openVideo(join(fixturesFolder, name, video), { ffmpeg: await findFfmpeg() });
  const counts = () => model.model.encoders.map(({ frames }) => frames);

  /** What the encoders make of a case, and the prompt around it. */
  async function prepare(each: Case): Promise<{
    readonly features: readonly Float32Array[];
    readonly visual: VisualTokens;
    readonly prompt: PromptLayout;
  }> {
    const video = await openCase(each);
    const clip = planClip(model.model, video, clipOf(each, video, counts()));
    const features: Float32Array[] = [];
    for (const { encoder, indexes } of clip?.encoders ?? []) {
      const encoding = video
        ? model.visual.encode(encoder, await decodeFrames(video, indexes))
        : model.visual.encodeBlank(encoder);
      let step = await encoding.next();
      while (step.done !== true) step = await encoding.next();
      features.push(step.value);
    }
    const segments = await model.prompt([{ role: 'user', text: each.question }], clip !== null);
    const prompt = layoutPrompt(segments, clip?.visualKey ?? null, model.visualTokens);
    return { features, visual: await model.visual.embed(features), prompt };
  }

  async function openDecoder(from: LoadedModel) {
    const { folder, spec } = from.model.languageModel;
    const decoder = await LanguageModel.open(join(folder, spec.graph), spec);
    const table = new EmbeddingTable(join(folder, spec.embeddings), { ...spec, type: spec.embeddingType });
    return {
      decoder,
      table,
      close: () => {
        table.close();
        return decoder.close();
      },
    };
  }

  it('is described by its configuration and the heads of its weights: sizes come out as predicted', async () => {
    const parts = await installRun(recipe, scratch, name);
    for (const part of recipeParts(recipe)) {
      const { precision, bytes } = part.sizes.find((each) => each.precision === 'fp32') ?? part.sizes[0]!;
      const made = parts.get(part)!;
      expect(made.precision).toBe(precision);
      const graphs = made.files.filter(({ file }) => file.endsWith('.onnx'));
      const all = partBytes(made);
      // Weights below a kilobyte are in the graph itself, beside its nodes.
      expect(bytes, part.id).toBeLessThan(all + 4096);
      expect(bytes, part.id).toBeGreaterThan(all - graphs.reduce((sum, each) => sum + each.bytes, 0) - 4096);
    }
  });

  it('makes the parts of before again under the same keys, and no others', async () => {
    const first = await installRun(recipe, scratch, name);
    const again = await installRun(await mervRecipeOf(name, latest), scratch, name);
    expect([...again.values()].map(({ key }) => key)).toEqual([...first.values()].map(({ key }) => key));
  });

  it.for(cases)(
    '$case: gives the same features, mixture and logits, token by token',
    async (each, context) => {
      const { decoder, table, close } = await openDecoder(model);
      const expected = await readExpected(name, each.case);
      const { features, visual, prompt } = await prepare(each);
      const near = (values: Float32Array, key: string) => {
        const golden = expected.get(key);
        if (golden) expect(largestDifference(values, golden), key).toBeLessThan(tolerance.features_atol);
      };
      for (const [i, values] of features.entries()) near(values, `features.${i}`);
      near(visual.embeddings, 'fused');
      if (expected.has('mixer_weights')) near(visual.mixing!, 'mixer_weights');

      const [from, to] = each.sequence.visual;
      expect(prompt.items.filter((item) => typeof item === 'number')).toEqual(each.input_ids);
      expect(prompt.items.map((item) => typeof item).indexOf('string')).toBe(from);
      expect(prompt.visualTokens).toBe(to - from);

      const picked: number[] = [];
      for (const [i, golden] of rowsOf(expected.get('step_logits')!, vocab()).entries()) {
        const items = i === 0 ? prompt.items : [each.generated_ids[i - 1]!];
        const logits = await decoder.forward(embedItems(items, table, visual.embeddings));
        expect(largestDifference(logits, golden), `step ${i}`).toBeLessThan(tolerance.logits_atol);
        if (i < each.generated_ids.length) picked.push(argmax(logits));
      }
      await tokens.check(context, picked, referenceOf(each, expected), tolerance.logits_atol);
      await close();
    },
  );

  it.for(cases)('$case: answers as the reference does, from the video to the text', async (each, context) => {
    const video = await openCase(each);
    let text: string | null = null;
    for await (const event of answerer.answer({
      modelId: name,
      video,
      clip: clipOf(each, video, counts()),
      turns: [{ role: 'user', text: each.question }],
      sampling: samplingSchema.parse({ maxTokens: each.generated_ids.length }),
      signal: new AbortController().signal,
    })) {
      if (event.type === 'done') text = event.text;
    }
    const reference = referenceOf(each, await readExpected(name, each.case));
    await answers.checkText(context, text?.trim() ?? null, each.text, reference, tolerance.logits_atol);
  });

  it('says how much it took of each encoder, also in a follow-up that encodes nothing', async () => {
    const each = cases.find(({ video }) => video !== null)!;
    const golden = (await readExpected(name, each.case)).get('mixer_weights');
    const video = await openCase(each);
    const ask = async (...texts: readonly string[]) => {
      const turns = texts.map((text, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', text }) as const);
      const job = { modelId: name, video, clip: clipOf(each, video, counts()), turns };
      const sampling = samplingSchema.parse({ maxTokens: 2 });
      const { signal } = new AbortController();
      for await (const event of answerer.answer({ ...job, sampling, signal }))
        if (event.type === 'done') return event;
      throw new Error('the answer had no end');
    };
    const first = await ask(each.question);
    const followUp = await ask(each.question, first.text, 'Why?');
    expect(followUp.stats.tokens.cached).toBeGreaterThan(each.sequence.visual[1] - 1);
    expect(followUp.stats.mixing).toEqual(first.stats.mixing);
    if (golden === undefined) return expect(first.stats.mixing).toBeNull();
    expect(first.stats.mixing!.map(({ encoder }) => encoder)).toEqual(
      model.model.encoders.map(({ id }) => id),
    );
    const weights = Float32Array.from(first.stats.mixing!, ({ weight }) => weight);
    expect(largestDifference(weights, golden)).toBeLessThan(tolerance.features_atol);
  });

  it('reads text alone as the language model does', async () => {
    const expected = await readExpected(name, 'text_only').catch(() => null);
    if (expected === null) return;
    const { decoder, table, close } = await openDecoder(model);
    const ids = [...expected.get('input_ids')!];
    for (const [i, golden] of rowsOf(expected.get('logits')!, vocab()).entries()) {
      const logits = await decoder.forward(table.rows([ids[i]!]));
      expect(largestDifference(logits, golden), `position ${i}`).toBeLessThan(tolerance.logits_atol);
    }
    await close();
  });

  const others = checkpoints.filter((file) => file !== latest);
  it.each(others)('converts %s, whose weights are rounded, to nearly the same', async (file) => {
    const id = `${name}-rounded`;
    await installRun(await mervRecipeOf(name, file), scratch, id);
    const rounded = await LoadedModel.open(scratch, id, onProcessor);
    const { decoder, table, close } = await openDecoder(rounded);
    const each = cases[0]!;
    const { features, prompt } = await prepare(each);
    const { embeddings } = await rounded.visual.embed(features);
    const logits = await decoder.forward(embedItems(prompt.items, table, embeddings));
    const golden = rowsOf((await readExpected(name, each.case)).get('step_logits')!, logits.length)[0]!;
    // bfloat16 has 8 significant bits.
    const error = relativeError(logits, golden);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(0.05);
    await close();
    await rounded.release();
  });
});

it('has runs of the reference', () => expect(runs.length).toBeGreaterThan(0));
