import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Fusion, parseFusion } from '../../engine/models/fusion/fusion.ts';
import type { FeatureShape } from '../../engine/models/projectors/projector.ts';
import { writeVisualPath } from '../../engine/models/write-graphs.ts';
import type { Weights } from '../../engine/nn/weights.ts';
import { VisualSession } from '../../engine/runtime/encoder-session.ts';
import { openTensors } from '../../engine/weights/open.ts';
import { fixturesFolder, foldersWith, largestDifference, readJson } from './fixtures.ts';

const metaSchema = z.object({
  feature_fusion: z.string(),
  tensors: z.record(z.string(), z.object({ shape: z.array(z.number()) })),
  tolerance: z.object({ atol: z.number() }),
});

const none: Weights = { tensors: new Map(), read: () => Promise.reject(new Error('no weights')) };

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merv-parity-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

interface Sequence {
  readonly data: Float32Array;
  readonly tokens: number;
}

/** Sequences [tokens, width] fused by a graph in which the projectors pass everything on. */
async function fused(name: string, sequences: readonly Sequence[], fusion: Fusion) {
  const inputs = sequences.map(({ data, tokens }, i) => ({
    id: String(i),
    data,
    shape: [1, tokens, data.length / tokens] as FeatureShape,
  }));
  const graph = join(scratch, `${name}.onnx`);
  const { tokens } = await writeVisualPath(graph, {
    encoders: inputs.map(({ id, shape }) => ({
      id,
      shape,
      projector: { kind: 'per-token', mlp: 'none' },
      weights: none,
    })),
    fusion,
  });
  const session = await VisualSession.open(graph);
  try {
    return { ...(await session.embed(inputs)), tokens };
  } finally {
    await session.close();
  }
}

describe('fusion', async () => {
  const names = await foldersWith('meta.json', 'fusion');
  it('has fixtures', () => expect(names.length).toBeGreaterThan(0));

  it.each(names)('%s gives what the reference does, for every row of the batch', async (name) => {
    const folder = join(fixturesFolder, 'fusion', name);
    const meta = metaSchema.parse(await readJson('fusion', name, 'meta.json'));
    const io = await openTensors(join(folder, 'io.safetensors'));
    const file = join(folder, 'weights.safetensors');
    const weights = existsSync(file) ? await openTensors(file) : null;
    try {
      const [batch] = meta.tensors.output!.shape as [number];
      const encoders = Object.keys(meta.tensors).filter((tensor) => tensor.startsWith('input.')).length;
      const row = async (tensor: string, i: number) => {
        const all = await io.read(tensor);
        return all.subarray((i * all.length) / batch, ((i + 1) * all.length) / batch);
      };
      for (let i = 0; i < batch; i++) {
        const sequences: Sequence[] = [];
        for (let e = 0; e < encoders; e++) {
          const tensor = `input.${e}`;
          sequences.push({ data: await row(tensor, i), tokens: meta.tensors[tensor]!.shape[1]! });
        }
        const fusion = parseFusion(meta.feature_fusion, weights ?? none);
        const { embeddings, mixing, tokens } = await fused(`${name}-${i}`, sequences, fusion);
        expect(tokens).toBe(meta.tensors.output!.shape[1]);
        expect(largestDifference(embeddings, await row('output', i))).toBeLessThan(meta.tolerance.atol);
        expect(mixing !== null).toBe('mixer_weights' in meta.tensors);
        if (mixing !== null) {
          const expected = await row('mixer_weights', i);
          expect(largestDifference(mixing, expected)).toBeLessThan(meta.tolerance.atol);
        }
      }
    } finally {
      await io.close();
      await weights?.close();
    }
  });

  const sequence = (tokens: number, value: number): Sequence => ({
    data: new Float32Array(tokens * 2).fill(value),
    tokens,
  });
  const scalar: Weights = {
    tensors: new Map([['scalar', { shape: [2] }]]),
    read: async () => Float32Array.of(0, Math.log(3)),
  };

  it('scalar mixes by the softmax of one number an encoder, a single token stands for all', async () => {
    const { embeddings, mixing } = await fused('scalar', [sequence(3, 4), sequence(1, 8)], {
      kind: 'scalar',
      weights: scalar,
    });
    expect(largestDifference(mixing!, [0.25, 0.75])).toBeLessThan(1e-6);
    expect(
      largestDifference(
        embeddings,
        Array.from({ length: 6 }, () => 7),
      ),
    ).toBeLessThan(1e-5);
  });

  it.each([
    ['too few numbers', [sequence(3, 1), sequence(3, 1), sequence(3, 1)], 'scalar'],
    ['lengths that differ', [sequence(3, 1), sequence(2, 1)], 'scalar'],
    ['a checkpoint of another fusion', [sequence(3, 1), sequence(3, 1)], 'cross_attention_avg_lq'],
    ['lengths that differ by channel', [sequence(3, 1), sequence(1, 1)], 'concat_channel'],
  ] as const)('refuses %s', async (_, sequences, kind) => {
    const weights: Weights = {
      tensors: new Map([...scalar.tensors, ['projector.weight', { shape: [2, 4] }]]),
      read: scalar.read,
    };
    await expect(fused('refused', sequences, { kind, weights })).rejects.toMatchObject({
      code: 'model_unsupported',
    });
  });

  it.each([
    [null, 'with which the reference fails'],
    ['cross_attention_classKV', 'never made weights'],
    ['sum', 'not supported'],
  ])('refuses feature_fusion %s and says why', (name, why) => {
    expect(() => parseFusion(name, none)).toThrow(why);
  });

  it('scalar: of the four numbers that the reference always makes, those of the encoders count', async () => {
    const four: Weights = {
      tensors: new Map([['scalar', { shape: [4] }]]),
      read: async () => Float32Array.of(0, Math.log(3), 9, 9),
    };
    const { mixing } = await fused('scalar-four', [sequence(3, 4), sequence(3, 8)], {
      kind: 'scalar',
      weights: four,
    });
    expect(largestDifference(mixing!, [0.25, 0.75])).toBeLessThan(1e-6);
  });

  describe('query_mlp', () => {
    const hidden = 3;
    const values: readonly Sequence[] = [
      { tokens: 2, data: Float32Array.of(0.5, -1, 2, 1.5, 0.25, -0.75) },
      { tokens: 2, data: Float32Array.of(-2, 0.125, 1, 0, 3, -0.5) },
    ];
    const first = [0.3, -0.7, 1.1, 0.9, 0.2, -0.4];
    const second = [1.2, -0.6, 0.8, 0.5];
    const biases = [
      [0.1, -0.2],
      [0.05, 0.3],
    ] as const;
    const weightsOf = (own: Readonly<Record<string, readonly [number[], readonly number[]]>>): Weights => {
      const all = new Map(
        Object.entries({
          'projector.0.weight': [[2, hidden], first] as const,
          'projector.0.bias': [[2], biases[0]] as const,
          'projector.2.weight': [[2, 2], second] as const,
          'projector.2.bias': [[2], biases[1]] as const,
          ...own,
        }),
      );
      return {
        tensors: new Map([...all].map(([name, [shape]]) => [name, { shape }])),
        read: async (name) => Float32Array.from(all.get(name)![1]),
      };
    };

    /** Abramowitz and Stegun 7.1.26, to 1.5e-7. */
    const erf = (x: number): number => {
      const t = 1 / (1 + 0.3275911 * Math.abs(x));
      const series = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
      const sum = series.reduce((total, coefficient) => (total + coefficient) * t, 0);
      return Math.sign(x) * (1 - sum * Math.exp(-x * x));
    };
    const gelu = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2));
    const dense = (x: readonly number[], weight: readonly number[], bias: readonly number[]) =>
      bias.map((b, row) => x.reduce((sum, value, i) => sum + value * weight[row * x.length + i]!, b));
    const mixingOf = (query: readonly number[]): readonly number[] => {
      const inner = dense(query, first, biases[0]).map(gelu);
      const powers = dense(inner, second, biases[1]).map(Math.exp);
      const total = powers.reduce((a, b) => a + b);
      return powers.map((power) => power / total);
    };
    const query = [0.4, -1.3, 0.6];
    const means = Array.from(
      { length: hidden },
      (_, i) => values.flatMap(({ data }) => [data[i]!, data[hidden + i]!]).reduce((a, b) => a + b) / 4,
    );

    it.each([
      ['the learned query', weightsOf({ Q: [[1, hidden], query] }), query],
      ['the means of the encoders', weightsOf({}), means],
    ])('mixes by an MLP over %s', async (name, weights, source) => {
      const { embeddings, mixing } = await fused(name, values, parseFusion('query_mlp', weights));
      const expected = mixingOf(source);
      expect(largestDifference(mixing!, expected)).toBeLessThan(1e-6);
      const [a, b] = values.map(({ data }) => data);
      const mixed = Array.from(a!, (value, i) => value * expected[0]! + b![i]! * expected[1]!);
      expect(largestDifference(embeddings, mixed)).toBeLessThan(1e-5);
    });

    it.each([
      ['another number of encoders', values.slice(0, 1), weightsOf({}), 'weighs 2 encoders'],
      [
        'a question’s embedding from elsewhere',
        values,
        weightsOf({
          'projector.0.weight': [
            [2, 4],
            [...first, 0, 0],
          ],
        }),
        'no learned query',
      ],
    ])('refuses %s', async (_, sequences, weights, words) => {
      const attempt = fused('refused', sequences, parseFusion('query_mlp', weights));
      await expect(attempt).rejects.toMatchObject({
        code: 'model_unsupported',
        message: expect.stringContaining(words),
      });
    });
  });
});

it('keeps weights of the same name of several encoders apart', async () => {
  const layer = (factor: number): Weights => ({
    tensors: new Map([['projector.weight', { shape: [1, 1] }]]),
    read: async () => Float32Array.of(factor),
  });
  const shape: FeatureShape = [1, 1, 1];
  const graph = join(scratch, 'apart.onnx');
  await writeVisualPath(graph, {
    encoders: [2, 3].map((factor) => ({
      id: `x${factor}`,
      shape,
      projector: { kind: 'per-token', mlp: 'linear' },
      weights: layer(factor),
    })),
    fusion: { kind: 'concat' },
  });
  const session = await VisualSession.open(graph);
  const data = Float32Array.of(1);
  const { embeddings } = await session.embed([
    { id: 'x2', data, shape },
    { id: 'x3', data, shape },
  ]);
  await session.close();
  expect([...embeddings]).toEqual([2, 3]);
});
