import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { efficientnetLite } from '../../engine/models/efficientnet-lite.ts';
import { encoderOf } from '../../engine/models/encoder-families.ts';
import { fuse, parseFusion } from '../../engine/models/fusion/fusion.ts';
import { llama } from '../../engine/models/llama.ts';
import { fromHuggingFace } from '../../engine/models/llama-config.ts';
import { type FeatureShape, project } from '../../engine/models/projectors/projector.ts';
import { writeEncoder } from '../../engine/models/write-graphs.ts';
import type { Tensor } from '../../engine/native/tensor.ts';
import type { Torch } from '../../engine/native/torch.ts';
import { torchOps } from '../../engine/nn/torch/ops.ts';
import { Parameters } from '../../engine/nn/torch/parameters.ts';
import type { Weights } from '../../engine/nn/weights.ts';
import { pool, pooledShape } from '../../engine/runs/trainable.ts';
import { EncoderSession } from '../../engine/runtime/encoder-session.ts';
import { seededRandom } from '../../engine/runtime/seeded-random.ts';
import { openTensors } from '../../engine/weights/open.ts';
import { describeTorch } from '../unit/native/addon.ts';
import { prepared, visionMetaSchema } from './clip.ts';
import { fixturesFolder, foldersWith, largestDifference, readJson } from './fixtures.ts';
import { relativeError } from './precision.ts';
import { projectorMetaSchema, projectorOf } from './projector-meta.ts';

// The other backend's tests (vision, projectors, fusion, language-models) walk the same folders and hold ONNX to the same
// tolerances, so that these close the triangle.

const expectedSchema = z.object({ prompt_ids: z.array(z.number()), greedy_ids_no_stop: z.array(z.number()) });

/** What `body` computes with the weights, frozen. */
async function computed(
  torch: Torch,
  weights: Weights,
  compute: 'float32' | 'bfloat16',
  body: (parameters: Parameters) => readonly Tensor[],
): Promise<Float32Array[]> {
  const live = torch.live();
  const parameters = new Parameters(torch, { device: 'cpu', compute, master: compute });
  await parameters.load(weights, '', () => false);
  const results = torch.scope(() => {
    const tensors = torch.noGrad(() => body(parameters));
    return tensors.map((tensor) => torch.read(tensor));
  });
  parameters.release();
  expect(torch.live()).toBe(live);
  return results;
}

/** Of a narrow EfficientNet-Lite: 4 channels between blocks, 8 inside, 12 classes. */
function efficientnetShapes(): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>([
    ['_conv_stem.weight', [4, 3, 3, 3]],
    ['_conv_head.weight', [8, 4, 1, 1]],
    ['_fc.weight', [12, 8]],
    ['_fc.bias', [12]],
  ]);
  const norm = (name: string, width: number) => {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var'])
      shapes.set(`${name}.${part}`, [width]);
  };
  norm('_bn0', 4);
  norm('_bn1', 8);
  const kernels = [3, 3, 3, 5, 5, 3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 3];
  for (const [index, kernel] of kernels.entries()) {
    const block = `_blocks.${index}`;
    const inside = index === 0 ? 4 : 8;
    if (index > 0) {
      shapes.set(`${block}._expand_conv.weight`, [inside, 4, 1, 1]);
      norm(`${block}._bn0`, inside);
    }
    shapes.set(`${block}._depthwise_conv.weight`, [inside, 1, kernel, kernel]);
    norm(`${block}._bn1`, inside);
    shapes.set(`${block}._project_conv.weight`, [4, inside, 1, 1]);
    norm(`${block}._bn2`, 4);
  }
  return shapes;
}

/** Variances near 1, everything else around 0. */
function randomWeights(shapes: ReadonlyMap<string, readonly number[]>): Weights {
  const random = seededRandom(7);
  const drawn = new Map(
    [...shapes].map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const around = name.endsWith('running_var') ? 1 : 0;
      return [name, { shape, values: Float32Array.from({ length: size }, () => around + random() - 0.5) }];
    }),
  );
  return { tensors: drawn, read: async (name) => drawn.get(name)!.values };
}

async function readAll(path: string, name: string) {
  const source = await openTensors(path);
  try {
    return { shape: source.tensors.get(name)!.shape, data: await source.read(name) };
  } finally {
    await source.close();
  }
}

const languageModels = await foldersWith('expected.json');
const containers = await foldersWith('expected.safetensors', 'llama-tiny-containers');
const encoders = await foldersWith('meta.json', 'vision');
const projectors = await foldersWith('meta.json', 'projectors');
const fusions = await foldersWith('meta.json', 'fusion');

describeTorch('libtorch backend', (torch) => {
  it('has fixtures', () => {
    for (const names of [languageModels, containers, encoders, projectors, fusions]) {
      expect(names.length).toBeGreaterThan(0);
    }
  });

  /** Logits of all positions. */
  async function logitsOf(folder: string, ids: readonly number[], compute: 'float32' | 'bfloat16') {
    const config = fromHuggingFace(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')), 4096);
    const weights = await openTensors(folder);
    const [logits] = await computed(torch, weights, compute, (parameters) => {
      const nn = torchOps(parameters);
      const embedded = nn.embedding(torch.from(Int32Array.from(ids), [1, ids.length]), 'model.embed_tokens');
      return [llama(nn, config, embedded, 'all')];
    }).finally(() => weights.close());
    return { logits: logits!, vocab: config.vocab };
  }

  it.each(languageModels)(
    '%s: the same logits at every position and the same greedy tokens',
    async (name) => {
      const folder = join(fixturesFolder, name);
      const meta = z
        .object({ tolerance: z.object({ logits_atol: z.number() }) })
        .parse(await readJson(name, 'meta.json'));
      const { prompt_ids: prompt, greedy_ids_no_stop: greedy } = expectedSchema.parse(
        await readJson(name, 'expected.json'),
      );
      const all = await logitsOf(folder, [...prompt, ...greedy], 'float32');
      const { vocab } = all;
      const expected = await readAll(join(folder, 'expected.safetensors'), 'logits');
      const ofPrompt = all.logits.subarray(0, prompt.length * vocab);
      expect(largestDifference(ofPrompt, expected.data)).toBeLessThan(meta.tolerance.logits_atol);
      const steps = await readAll(join(folder, 'expected.safetensors'), 'step_logits');
      const ofSteps = all.logits.subarray((prompt.length - 1) * vocab, -vocab);
      expect(largestDifference(ofSteps, steps.data)).toBeLessThan(meta.tolerance.logits_atol);
      const picked = greedy.map((_, step) => {
        const row = ofSteps.subarray(step * vocab, (step + 1) * vocab);
        return row.indexOf(Math.max(...row));
      });
      expect(picked).toEqual(greedy);
    },
  );

  it.each(languageModels)('%s: bfloat16 stays near', async (name) => {
    const folder = join(fixturesFolder, name);
    const { prompt_ids: prompt } = expectedSchema.parse(await readJson(name, 'expected.json'));
    const { logits } = await logitsOf(folder, prompt, 'bfloat16');
    const expected = await readAll(join(folder, 'expected.safetensors'), 'logits');
    // 8 bits of mantissa, some twenty roundings that add up like a random walk.
    expect(relativeError(logits, expected.data)).toBeLessThan(Math.sqrt(20) * 2 ** -7);
  });

  it.each(containers)('container %s: the same logits', async (name) => {
    const folder = join(fixturesFolder, 'llama-tiny-containers', name);
    const ids = await readAll(join(folder, 'expected.safetensors'), 'input_ids');
    const expected = await readAll(join(folder, 'expected.safetensors'), 'logits');
    const { logits } = await logitsOf(folder, [...ids.data], 'float32');
    expect(largestDifference(logits, expected.data)).toBeLessThan(2e-4);
  });

  it.each(encoders)('%s: the same features', async (name) => {
    const folder = join(fixturesFolder, 'vision', name);
    const meta = visionMetaSchema.parse(await readJson('vision', name, 'meta.json'));
    const file = ['model.safetensors', 'open_clip_pytorch_model.bin', 'pytorch_model.bin'].find((candidate) =>
      existsSync(join(folder, candidate)),
    );
    const source = await openTensors(join(folder, file!));
    const { encoder, weights } = encoderOf(
      meta.merv_id,
      await readJson('vision', name, 'config.json'),
      source,
    );
    const { spec } = encoder;
    const levels = await prepared(encoder, 'resize-naive', meta.frame_indexes);
    const [features] = await computed(torch, weights, 'float32', (parameters) => {
      const nn = torchOps(parameters);
      const frames = torch.from(levels, [meta.frame_indexes.length, spec.size, spec.size, 3]);
      return [encoder.build(nn, nn.normalisePixels(frames, spec.normalisation))];
    }).finally(() => source.close());
    const expected = await readAll(join(folder, 'expected.safetensors'), 'features');
    expect(largestDifference(features!, expected.data)).toBeLessThan(meta.tolerance.features_atol);
  });

  it('efficientnet-lite, of which there is no fixture: the same features as its ONNX graph', async () => {
    const weights = randomWeights(efficientnetShapes());
    const encoder = efficientnetLite({ depth: 1, size: 64 }, weights);
    const random = seededRandom(3);
    const levels = Uint8Array.from({ length: 2 * 64 * 64 * 3 }, () => 256 * random());
    const graph = join(await mkdtemp(join(tmpdir(), 'merv-parity-')), 'graph.onnx');
    onTestFinished(() => rm(dirname(graph), { recursive: true, force: true }));
    await writeEncoder(graph, encoder, weights, { precision: 'fp32' });
    const session = await EncoderSession.open(graph);
    const expected = await session.encode(levels, 64);
    await session.close();
    const [features] = await computed(torch, weights, 'float32', (parameters) => {
      const nn = torchOps(parameters);
      const frames = torch.from(levels, [2, 64, 64, 3]);
      return [encoder.build(nn, nn.normalisePixels(frames, encoder.spec.normalisation))];
    });
    expect(new Set(expected).size).toBeGreaterThan(10);
    expect(relativeError(features!, expected)).toBeLessThan(1e-5);
  });

  it.each(projectors)('projector %s: the same for every row of the batch', async (name) => {
    const meta = projectorMetaSchema.parse(await readJson('projectors', name, 'meta.json'));
    const folder = join(fixturesFolder, 'projectors');
    const input = await readAll(join(folder, 'inputs.safetensors'), meta.input.split(' ')[0]!);
    const expected = await readAll(join(folder, name, 'io.safetensors'), 'output');
    const [batch, ...rest] = input.shape as [number, ...number[]];
    const shape = (rest.length === 3 ? rest : [1, ...rest]) as unknown as FeatureShape;
    const weights = await openTensors(join(folder, name, 'weights.safetensors'));
    const rows = await computed(torch, weights, 'float32', (parameters) => {
      const all = torch.from(input.data, [batch, ...shape]);
      return Array.from({ length: batch }, (_, i) => {
        const row = torch.reshape(torch.slice(all, 0, i, i + 1), shape);
        return project(torchOps(parameters), row, shape, projectorOf(meta), weights).value;
      });
    }).finally(() => weights.close());
    const joined = Float32Array.from(rows.flatMap((row) => [...row]));
    expect(largestDifference(joined, expected.data)).toBeLessThan(meta.tolerance.atol);
  });

  it.each(projectors)(
    'projector %s: the same from what is kept of the features for training',
    async (name) => {
      const meta = projectorMetaSchema.parse(await readJson('projectors', name, 'meta.json'));
      const folder = join(fixturesFolder, 'projectors');
      const input = await readAll(join(folder, 'inputs.safetensors'), meta.input.split(' ')[0]!);
      const expected = await readAll(join(folder, name, 'io.safetensors'), 'output');
      const [batch, ...rest] = input.shape as [number, ...number[]];
      const shape = (rest.length === 3 ? rest : [1, ...rest]) as unknown as FeatureShape;
      const projector = projectorOf(meta);
      const kept = pooledShape(projector, shape);
      const first = input.data.subarray(0, input.data.length / batch);
      const features = pool(torch, projector, shape, first);
      const weights = await openTensors(join(folder, name, 'weights.safetensors'));
      const [projected] = await computed(torch, weights, 'float32', (parameters) => [
        project(torchOps(parameters), torch.from(features, kept), kept, projector, weights).value,
      ]).finally(() => weights.close());
      const wanted = expected.data.subarray(0, expected.data.length / batch);
      expect(largestDifference(projected!, wanted)).toBeLessThan(meta.tolerance.atol);
    },
  );

  it.each(fusions)('fusion %s: the same output and mixing weights', async (name) => {
    const meta = z
      .object({
        feature_fusion: z.string(),
        tensors: z.record(z.string(), z.object({ shape: z.array(z.number()) })),
        tolerance: z.object({ atol: z.number() }),
      })
      .parse(await readJson('fusion', name, 'meta.json'));
    const folder = join(fixturesFolder, 'fusion', name);
    const file = join(folder, 'weights.safetensors');
    const weights = existsSync(file) ? await openTensors(file) : { tensors: new Map(), read: Promise.reject };
    const io = await openTensors(join(folder, 'io.safetensors'));
    const [batch] = meta.tensors.output!.shape as [number];
    const names = Object.keys(meta.tensors).filter((tensor) => tensor.startsWith('input.'));
    const inputs = await Promise.all(
      names.map(async (_, i) => ({
        data: await io.read(`input.${i}`),
        shape: meta.tensors[`input.${i}`]!.shape,
      })),
    );
    const mixes = 'mixer_weights' in meta.tensors;
    const expected = {
      output: await io.read('output'),
      mixing: mixes ? await io.read('mixer_weights') : new Float32Array(0),
    };
    await io.close();
    const results = await computed(torch, weights, 'float32', (parameters) => {
      const nn = torchOps(parameters);
      const fused = Array.from({ length: batch }, (_, row) =>
        fuse(
          nn,
          inputs.map(({ data, shape }) => ({
            value: torch.reshape(torch.slice(torch.from(data, shape), 0, row, row + 1), shape.slice(1)),
            tokens: shape[1]!,
          })),
          parseFusion(meta.feature_fusion, weights),
          inputs[0]!.shape[2]!,
        ),
      );
      return [...fused.map(({ value }) => value), ...fused.flatMap(({ mixing }) => mixing ?? [])];
    });
    if ('close' in weights) await weights.close();
    const flat = (parts: readonly Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]));
    expect(largestDifference(flat(results.slice(0, batch)), expected.output)).toBeLessThan(
      meta.tolerance.atol,
    );
    expect(largestDifference(flat(results.slice(batch)), expected.mixing)).toBeLessThan(meta.tolerance.atol);
  });
});
