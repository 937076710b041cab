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
    ['another number of encoders', [sequence(3, 1)], 'scalar'],
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

  it.each([null, 'query_mlp', 'cross_attention_classKV'])('refuses feature_fusion %s', (name) => {
    expect(() => parseFusion(name, none)).toThrow(/not supported/);
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
