import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAnswerer } from '../../../engine/answering/answerer.ts';
import { samplingSchema } from '../../../engine/contract/sampling.ts';
import { bundleOf } from '../../../engine/hub/conversion/bundle-of.ts';
import { type ConversionOptions, convertPart } from '../../../engine/hub/conversion/convert-part.ts';
import { localPlace, type Place, type Places } from '../../../engine/hub/conversion/place.ts';
import { type ModelRecipe, type RecipePart, recipeParts } from '../../../engine/hub/conversion/recipe.ts';
import { installable, recipeFrom } from '../../../engine/hub/conversion/recipe-from.ts';
import { hashOf, writeWhole } from '../../../engine/hub/starter-files.ts';
import { writeBundle } from '../../../engine/hub/write-bundle.ts';
import type { Part } from '../../../engine/models/part.ts';
import { onProcessor } from '../../../engine/runtime/graph-session.ts';
import type { OpenedVideo } from '../../../engine/video/video.ts';
import { openTensors } from '../../../engine/weights/open.ts';
import { safetensorsBytes } from '../../../engine/weights/write-safetensors.ts';
import { type GgufMade, gguf } from '../weights/containers.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));
const run = join(fixtures, 'merv-tiny');
const checkpoint = join(run, 'checkpoints', 'latest-checkpoint.pt');
const latest = ['checkpoints', 'latest-checkpoint.pt'] as const;

let scratch: string;
let models: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merv-conversion-'));
});
beforeEach(async () => {
  models = await mkdtemp(join(scratch, 'models-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** Every repository is a folder of the fixtures. */
const places: Places = {
  async repo(repo): Promise<Place> {
    const folder = [
      ['siglip', 'vision/siglip-tiny'],
      ['dinov2', 'vision/dinov2-tiny'],
      ['vivit', 'vision/vivit-tiny'],
      ['LanguageBind', 'vision/languagebind-tiny'],
      ['Llama', 'merv-tiny/llm'],
    ].find(([part]) => repo.includes(part!))![1]!;
    return (await localPlace(join(fixtures, folder))).place;
  },
};

async function recipeAt(path: string, inside: string | null = null): Promise<ModelRecipe> {
  const { place, path: found } = await localPlace(path);
  return recipeFrom(place, inside ?? found, places);
}

async function convert(
  part: RecipePart,
  precision: Part['precision'],
  more: Partial<ConversionOptions> = {},
): Promise<Part> {
  const files = new Map<RecipePart['files'][number], { path: string; sha256: string }>();
  for (const file of part.files) {
    const path = join(file.origin.kind === 'local' ? file.origin.path : '', file.path);
    files.set(file, { path, sha256: await hashOf(path) });
  }
  const { signal } = new AbortController();
  const locate = (file: RecipePart['files'][number]) => files.get(file)!;
  return convertPart(part, precision, { modelsFolder: models, locate, signal, onProgress() {}, ...more });
}

async function install(recipe: ModelRecipe, id: string): Promise<void> {
  const keys = new Map<RecipePart, string>();
  for (const part of recipeParts(recipe)) {
    keys.set(part, (await convert(part, part.sizes[0]?.precision ?? null)).key);
  }
  const source = { kind: 'local', path: scratch } as const;
  const chosen = { id, name: id, source, createdAt: 0 };
  await writeBundle(
    models,
    bundleOf(recipe, (part) => keys.get(part)!, chosen),
  );
}

/** A folder with these files; tensors of the fixture's checkpoint under other names. */
async function folderOf(
  files: Readonly<Record<string, string | readonly (readonly [from: string, to: string])[]>>,
): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'source-'));
  const source = await openTensors(checkpoint);
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(join(path, '..'), { recursive: true });
    if (typeof content === 'string') await writeFile(path, content);
    else {
      const tensors = content.map(([from, to]) => ({
        ...{ name: to, type: 'F32' as const, shape: source.tensors.get(from)!.shape },
        values: () => source.read(from),
      }));
      await writeWhole(path, safetensorsBytes(tensors));
    }
  }
  await source.close();
  return folder;
}

async function namesBelow(prefix: string, to: string): Promise<(readonly [string, string])[]> {
  const source = await openTensors(checkpoint);
  const names = [...source.tensors.keys()].filter((name) => name.startsWith(prefix));
  await source.close();
  return names.map((name) => [name, to + name.slice(prefix.length)] as const);
}

const llmFile = (name: string) => readFile(join(run, 'llm', name), 'utf8');

describe('a language model alone', () => {
  async function languageModel(): Promise<string> {
    const names = await namesBelow('model.llm_backbone.llm.', '');
    const shards = { 'a.safetensors': names.slice(0, 9), 'b.safetensors': names.slice(9) };
    const weightMap = Object.entries(shards).flatMap(([file, list]) => list.map(([, name]) => [name, file]));
    return folderOf({
      ...shards,
      'model.safetensors.index.json': JSON.stringify({ weight_map: Object.fromEntries(weightMap) }),
      'config.json': await llmFile('config.json'),
      'tokenizer.json': await llmFile('tokenizer.json'),
      'tokenizer_config.json': JSON.stringify({
        ...JSON.parse(await llmFile('tokenizer_config.json')),
        chat_template: "{% for m in messages %}{{ m['content'] }}{% endfor %}:",
      }),
    });
  }

  it('answers from sharded weights, and says that it sees no video', async () => {
    const recipe = await recipeAt(await languageModel());
    expect(recipe.languageModel.files.map(({ path }) => path)).toEqual([
      'model.safetensors.index.json',
      'a.safetensors',
      'b.safetensors',
      'config.json',
    ]);
    await install(recipe, 'words');
    const answerer = createAnswerer({
      ...{ modelsFolder: models, cacheFolder: scratch, openGraph: onProcessor },
      speeds: { read: () => null, record: () => {} },
    });
    const ask = async (video: OpenedVideo | null): Promise<string> => {
      let text = '';
      for await (const event of answerer.answer({
        ...{ modelId: 'words', video, clip: null, turns: [{ role: 'user', text: 'Who?' }] },
        ...{ sampling: samplingSchema.parse({ maxTokens: 5 }), signal: new AbortController().signal },
      })) {
        if (event.type === 'done') text = event.text;
      }
      return text;
    };
    expect(await ask(null)).not.toBe('');
    await expect(ask({ info: { warnings: [] } } as unknown as OpenedVideo)).rejects.toMatchObject({
      code: 'model_unsupported',
      message: expect.stringContaining('sees no video'),
    });
    const [listed] = await answerer.models();
    expect(listed).toMatchObject({ id: 'words', visualTokens: 0, encoders: [], problem: null });
    await answerer.close();
  });

  it('leaves nothing when it is stopped between two tensors, and is whole the next time', async () => {
    const { languageModel: part } = await recipeAt(await languageModel());
    const stop = new AbortController();
    const stopped = convert(part, 'int8', {
      signal: stop.signal,
      onProgress: (done) => void (done === 5 && stop.abort()),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(join(models, 'parts'))).toEqual([]);
    const { key } = await convert(part, 'int8');
    await mkdir(join(models, 'parts', `.${key}.999999999.partial`));
    await rm(join(models, 'parts', key, 'language-model.onnx'));
    expect((await convert(part, 'int8')).key).toBe(key);
    expect(await readdir(join(models, 'parts'))).toEqual([key]);
  });
});

describe('a GGUF file', () => {
  const inBlock: readonly (readonly [string, string])[] = [
    ['input_layernorm', 'attn_norm'],
    ['self_attn.q_proj', 'attn_q'],
    ['self_attn.k_proj', 'attn_k'],
    ['self_attn.v_proj', 'attn_v'],
    ['self_attn.o_proj', 'attn_output'],
    ['post_attention_layernorm', 'ffn_norm'],
    ['mlp.gate_proj', 'ffn_gate'],
    ['mlp.up_proj', 'ffn_up'],
    ['mlp.down_proj', 'ffn_down'],
  ];
  const plain = new Map([
    ['model.embed_tokens.weight', 'token_embd.weight'],
    ['model.norm.weight', 'output_norm.weight'],
    ['lm_head.weight', 'output.weight'],
  ]);
  const named = (name: string): string =>
    plain.get(name) ??
    inBlock.reduce((text, [from, to]) => text.replace(from, to), name).replace('model.layers.', 'blk.');

  /** Rows of a head as llama.cpp keeps them: each of the first half followed by its partner in the second. */
  function interleaved(values: Float32Array, width: number, headRows: number): Float32Array {
    const out = new Float32Array(values.length);
    for (let row = 0; row * width < values.length; row++) {
      const inHead = row % headRows;
      const from = row - inHead + (inHead % 2) * (headRows / 2) + Math.floor(inHead / 2);
      out.set(values.subarray(from * width, (from + 1) * width), row * width);
    }
    return out;
  }

  it('makes the same weights as the checkpoint it was made of', async () => {
    const whole = await recipeAt(run);
    const source = await openTensors(checkpoint);
    const ones = new Uint8Array(new Float32Array(8).fill(1).buffer);
    const tensors = [{ name: 'rope_freqs.weight', shape: [8], type: 0, raw: ones }];
    for (const [from, name] of await namesBelow('model.llm_backbone.llm.', '')) {
      const { shape } = source.tensors.get(from)!;
      const values = await source.read(from);
      const kept = /[qk]_proj/.test(name) ? interleaved(values, shape[1]!, 16) : values;
      tensors.push({
        name: named(name),
        shape: [...shape],
        type: 0,
        raw: new Uint8Array(kept.slice().buffer),
      });
    }
    await source.close();
    const tokens = Array.from({ length: 832 }, (_, i) => ['<unk>', '<s>', '</s>'][i] ?? `t${i}`);
    const head = new Map<string, GgufMade>([
      ['general.architecture', 'llama'],
      ['general.name', 'Tiny'],
      ['llama.embedding_length', 64],
      ['llama.block_count', 2],
      ['llama.attention.head_count', 4],
      ['llama.attention.layer_norm_rms_epsilon', 1],
      ['llama.context_length', 4096],
      ['tokenizer.ggml.model', 'llama'],
      ['tokenizer.ggml.tokens', tokens],
      ['tokenizer.ggml.scores', tokens.map((_, i) => -i)],
      ['tokenizer.chat_template', '{{ messages[0].content }}'],
    ]);
    const folder = await folderOf({});
    await writeFile(join(folder, 'tiny.gguf'), gguf(head, tensors));
    const recipe = await recipeAt(join(folder, 'tiny.gguf'));
    expect(recipe).toMatchObject({ name: 'Tiny', kind: 'language-model', prompt: { kind: 'template' } });

    const data = ({ files }: Part) => files.filter(({ file }) => !file.endsWith('.onnx'));
    const made = await convert(recipe.languageModel, 'fp32');
    expect(data(made)).toEqual(data(await convert(whole.languageModel, 'fp32')));
    const tokenizer = await convert(recipe.tokenizer, null);
    expect(tokenizer.files[0]!.bytes).toBe(recipe.tokenizer.sizes[0]!.bytes);
    expect(tokenizer.files[0]!.bytes).toBeLessThan(30_000);
  });
});

describe('a MERV checkpoint', () => {
  const single = JSON.stringify({
    model: {
      model_id: 'one-eye',
      feature_fusion: 'first',
      video_backbone_ids: ['siglip-vit-b16-224px-all-no-cls'],
      num_frames: 16,
    },
  });

  it('may have the names of older runs', async () => {
    const words = await namesBelow('model.llm_backbone.', 'model.llm_backbone.');
    const made: Part[] = [];
    for (const name of ['model.projector.', 'model.projectors.0.']) {
      const eye = await namesBelow('model.projectors.3.', name);
      const folder = await folderOf({ 'config.json': single, [join(...latest)]: [...words, ...eye] });
      const recipe = await recipeAt(folder);
      expect(recipe).toMatchObject({ id: 'one-eye', prompt: { kind: 'builder', builder: 'pure' } });
      made.push(await convert(recipe.visual!, 'fp32'));
    }
    const [older, newer] = made.map(({ files }) => files.map(({ sha256 }) => sha256));
    expect(older).toEqual(newer);
    expect(made[0]!.spec).toMatchObject({ tokens: 1024, mixing: false });
  });

  it('is planned from its head and its configuration alone', async () => {
    const { place } = await localPlace(run);
    const read = new Map<string, number>();
    const counting: Place = {
      ...place,
      async open(path) {
        const file = await place.open(path);
        const count = (bytes: number) => void read.set(path, (read.get(path) ?? 0) + bytes);
        return {
          ...{ path, size: file.size, close: () => file.close() },
          async read(position, length) {
            count(length);
            return file.read(position, length);
          },
          async readInto(target, position) {
            count(target.length);
            await file.readInto(target, position);
          },
        };
      },
    };
    const recipe = await recipeFrom(counting, null, places);
    expect(recipe.encoders.map(({ frames }) => frames)).toEqual([16, 16, 32, 16]);
    const { bytes: size } = place.files.find(({ path }) => path === latest.join('/'))!;
    // The tiny model's directory is a sixth of it; it is opened once for the visual path and once for the language model.
    expect(read.get(latest.join('/'))!).toBeLessThan(size);
  });

  it.each([
    ['an unknown encoder', { video_backbone_ids: ['clip-vit-l'], num_frames: 8 }, /clip-vit-l/],
    ['a class-token variant', { video_backbone_ids: ['dinov2-video'], num_frames: 8 }, /dinov2-video/],
    ['an unknown language model', { llm_backbone_id: 'phi-2' }, /phi-2/],
    [
      'frames that do not fill a clip',
      { video_backbone_ids: ['languagebind-video-noclass'], num_frames: 9 },
      /9/,
    ],
    ['too few frame counts', { num_frames: [16, 16] }, /num_frames/],
  ])('is refused with %s', async (_, change, said) => {
    const model = { ...JSON.parse(await readFile(join(run, 'config.json'), 'utf8')).model, ...change };
    const names = await namesBelow('model.', 'model.');
    const folder = await folderOf({ 'config.json': JSON.stringify({ model }), [join(...latest)]: names });
    await expect(recipeAt(folder)).rejects.toMatchObject({
      code: 'model_unsupported',
      message: expect.stringMatching(said),
    });
  });

  it('whose weights do not fit its configuration is refused', async () => {
    const names = await namesBelow('model.', 'model.');
    const config = await readFile(join(run, 'config.json'), 'utf8');
    const without = names.filter(([name]) => !name.includes('layers.1.mlp.up_proj'));
    const folder = await folderOf({ 'config.json': config, [join(...latest)]: without });
    await expect(recipeAt(folder)).rejects.toMatchObject({
      code: 'model_incomplete',
      message: expect.stringContaining('model.layers.1.mlp.up_proj.weight'),
    });
  });
});

describe('what is no model', () => {
  it('is refused, and several are named', async () => {
    await expect(recipeAt(await folderOf({ 'notes.txt': 'none' }))).rejects.toMatchObject({
      code: 'model_unsupported',
      message: expect.stringContaining('No model'),
    });
    const folder = await folderOf({ 'q4.gguf': 'GGUF', 'q8.gguf': 'GGUF' });
    await expect(recipeAt(folder)).rejects.toMatchObject({
      remedy: expect.stringContaining('q4.gguf, q8.gguf'),
    });
    expect(installable((await localPlace(folder)).place).map(({ path }) => path)).toEqual([
      'q4.gguf',
      'q8.gguf',
    ]);
  });

  it('is told from a repository of runs by names alone', async () => {
    const folder = await folderOf({
      'merv-full/config.json': '{}',
      'merv-full/checkpoints/latest-checkpoint.pt': 'x'.repeat(30),
      'merv-frozen/config.json': '{}',
      'merv-frozen/checkpoints/latest-checkpoint.pt': 'x'.repeat(20),
      'README.md': 'two',
    });
    const found = installable((await localPlace(folder)).place);
    expect(found.map(({ path, bytes }) => [path, bytes]).sort()).toEqual([
      ['merv-frozen', 20],
      ['merv-full', 30],
    ]);
  });
});
