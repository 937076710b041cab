import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llama } from '../../engine/models/llama.ts';
import { fromHuggingFace } from '../../engine/models/llama-config.ts';
import { writeLanguageModel } from '../../engine/models/write-graphs.ts';
import { adaptedGraph } from '../../engine/nn/onnx/adapted-graph.ts';
import type { LowRank } from '../../engine/nn/onnx/low-rank.ts';
import type { LinearPrecision } from '../../engine/nn/precision.ts';
import { torchOps } from '../../engine/nn/torch/ops.ts';
import { Parameters } from '../../engine/nn/torch/parameters.ts';
import type { Weights } from '../../engine/nn/weights.ts';
import { LanguageModel } from '../../engine/runtime/language-model.ts';
import { plainOpening } from '../../engine/runtime/opening.ts';
import { randomNumbers } from '../../engine/training/random.ts';
import { openTensors } from '../../engine/weights/open.ts';
import { describeTorch } from '../unit/native/addon.ts';
import { fixturesFolder, foldersWith, largestDifference } from './fixtures.ts';
import { fp16Tolerance, relativeError, toleranceBeside } from './precision.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merv-low-rank-'));
  await mkdir(join(scratch, 'elsewhere'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const rank = 3;
const scale = 2;
const length = 24;

/** Matrices that change the layers with these last names about as much as the layers do themselves. */
function randomChange(base: Weights, targets: readonly string[]): LowRank {
  const random = randomNumbers(7);
  const matrices = new Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>();
  const fill = (shape: readonly [number, number], size: number) => ({
    shape,
    values: Float32Array.from({ length: shape[0] * shape[1] }, () => (2 * random() - 1) * size),
  });
  for (const [name, { shape }] of base.tensors) {
    const layer = name.replace(/\.weight$/, '');
    if (!targets.some((target) => layer.endsWith(`.${target}`)) || shape.length !== 2) continue;
    const [outputs, inputs] = shape as [number, number];
    matrices.set(`${layer}.lora_A.weight`, fill([rank, inputs], 1 / Math.sqrt(inputs)));
    matrices.set(`${layer}.lora_B.weight`, fill([outputs, rank], 0.3));
  }
  const read = async (name: string) => matrices.get(name)!.values;
  return { weights: { tensors: matrices, read }, scale };
}

/** W + scale · B A, the definition. */
function merged(base: Weights, { weights }: LowRank): Weights {
  return {
    tensors: base.tensors,
    read: async (name) => {
      const layer = name.replace(/\.weight$/, '');
      const values = Float32Array.from(await base.read(name));
      if (!weights.tensors.has(`${layer}.lora_A.weight`)) return values;
      const [outputs, inputs] = base.tensors.get(name)!.shape as [number, number];
      const [a, b] = [
        await weights.read(`${layer}.lora_A.weight`),
        await weights.read(`${layer}.lora_B.weight`),
      ];
      for (let o = 0; o < outputs; o++)
        for (let i = 0; i < inputs; i++)
          for (let r = 0; r < rank; r++)
            values[o * inputs + i]! += scale * b[o * rank + r]! * a[r * inputs + i]!;
      return values;
    },
  };
}

async function open(name: string) {
  const folder = join(fixturesFolder, name);
  const config = fromHuggingFace(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')), 4096);
  const base = await openTensors(folder);
  const table = await base.read('model.embed_tokens.weight');
  const ids = Array.from({ length }, (_, i) => (i * 37 + 5) % config.vocab);
  const embeddings = Float32Array.from(
    ids.flatMap((id) => [...table.subarray(id * config.hidden, (id + 1) * config.hidden)]),
  );
  /** Of every position, one call each, so that the cache takes part. Each change is in a graph elsewhere, over the same weights. */
  const logits = async (weights: Weights, precision: LinearPrecision, ...changes: readonly LowRank[]) => {
    const file = join(scratch, 'graph.onnx');
    await writeLanguageModel(file, config, weights, { precision });
    let last = file;
    for (const [i, change] of changes.entries()) {
      const bytes = await (await adaptedGraph(last, change)).encode();
      last = join(scratch, 'elsewhere', `${i}.onnx`);
      await writeFile(last, bytes);
    }
    const { layers, kvHeads, hidden, vocab, rope } = config;
    const shape = { layers, kvHeads, hidden, headDim: rope.headDim };
    const model = await LanguageModel.open(last, shape, { ...plainOpening, weights: scratch });
    const all = new Float32Array(length * vocab);
    for (let at = 0; at < length; at++) {
      all.set(await model.forward(embeddings.slice(at * hidden, (at + 1) * hidden)), at * vocab);
    }
    await model.close();
    return all;
  };
  return { config, base, ids, logits };
}

const names = await foldersWith('expected.json');
/** Parts of a stacked product, all of it, one that stands in its middle, and layers that stand alone. */
const targetSets = [
  ['q_proj', 'v_proj'],
  ['k_proj'],
  ['gate_proj', 'o_proj'],
  ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
];

describe.each(names)('an adapter beside the weights of %s', (name) => {
  it.each(targetSets.map((targets) => [targets.join(' '), targets] as const))(
    'computes what the weights with it worked in do: %s',
    async (_, targets) => {
      const { base, logits } = await open(name);
      const change = randomChange(base, targets);
      const expected = await logits(merged(base, change), 'fp32');
      expect(relativeError(await logits(base, 'fp32', change), expected)).toBeLessThan(1e-5);
      expect(relativeError(await logits(base, 'fp32'), expected)).toBeGreaterThan(0.05);
      await base.close();
    },
  );

  it('stands beside another adapter', async () => {
    const { base, logits } = await open(name);
    const [first, second] = [
      randomChange(base, ['q_proj', 'v_proj']),
      randomChange(base, ['k_proj', 'v_proj']),
    ];
    const expected = await logits(merged(merged(base, first), second), 'fp32');
    expect(relativeError(await logits(base, 'fp32', first, second), expected)).toBeLessThan(1e-5);
    await base.close();
  });

  it('stays at float32 beside weights with fewer bits', async () => {
    const { base, config, logits } = await open(name);
    const change = randomChange(base, ['q_proj', 'v_proj', 'gate_proj', 'o_proj']);
    const expected = await logits(merged(base, change), 'fp32');
    const half = relativeError(await logits(base, 'fp16', change), expected);
    expect(half).toBeLessThan(fp16Tolerance(5 * config.layers + 1));
    for (const precision of ['int8', 'int4'] as const) {
      const error = relativeError(await logits(base, precision, change), expected);
      expect(error, precision).toBeLessThan(toleranceBeside(precision, half));
    }
    await base.close();
  });
});

describeTorch('an adapter beside the weights', (torch) => {
  it.each(names)('%s: computes what the training backend does', async (name) => {
    const { base, config, ids, logits } = await open(name);
    const change = randomChange(base, ['q_proj', 'v_proj', 'down_proj']);
    const parameters = new Parameters(torch, { device: 'cpu', compute: 'float32', master: 'float32' });
    await parameters.load(base, '', () => false);
    await parameters.load(change.weights, '', () => false);
    const expected = torch.scope(() =>
      torch.noGrad(() => {
        const nn = torchOps(parameters, { adapterAlpha: scale * rank });
        const embedded = nn.embedding(torch.from(Int32Array.from(ids), [1, length]), 'model.embed_tokens');
        return torch.read(llama(nn, config, embedded, 'all'));
      }),
    );
    parameters.release();
    expect(largestDifference(await logits(base, 'fp32', change), expected)).toBeLessThan(1e-4);
    await base.close();
  });
});

it('is refused where the model has no such layer', async () => {
  const { base, logits } = await open(names[0]!);
  const change = randomChange(base, ['q_proj']);
  const tensors = new Map(
    [...change.weights.tensors].map(([key, info]) => [key.replace('.0.', '.99.'), info]),
  );
  const elsewhere = { ...change, weights: { ...change.weights, tensors } };
  await expect(logits(base, 'fp32', elsewhere)).rejects.toMatchObject({ code: 'model_unsupported' });
  await base.close();
});
