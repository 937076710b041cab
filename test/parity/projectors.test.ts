import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ExpectedError } from '../../engine/contract/errors.ts';
import { parseArchSpecifier, projectorFor } from '../../engine/models/projectors/arch-specifier.ts';
import { mlpKinds } from '../../engine/models/projectors/mlp.ts';
import type { FeatureShape, Projector } from '../../engine/models/projectors/projector.ts';
import { writeVisualPath } from '../../engine/models/write-graphs.ts';
import { VisualSession } from '../../engine/runtime/encoder-session.ts';
import { openTensors } from '../../engine/weights/open.ts';
import { fixturesFolder, foldersWith, largestDifference, readJson } from './fixtures.ts';
import { projectorMetaSchema, projectorOf } from './projector-meta.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merv-parity-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function tensor(name: string, ...path: readonly string[]) {
  const source = await openTensors(join(fixturesFolder, 'projectors', ...path));
  try {
    return { shape: source.tensors.get(name)!.shape, data: await source.read(name) };
  } finally {
    await source.close();
  }
}

describe('projectors', async () => {
  const names = await foldersWith('meta.json', 'projectors');
  it('has fixtures', () => expect(names.length).toBeGreaterThan(0));

  it.each(names)('%s gives what the reference does, for every row of the batch', async (name) => {
    const meta = projectorMetaSchema.parse(await readJson('projectors', name, 'meta.json'));
    const input = await tensor(meta.input.split(' ')[0]!, 'inputs.safetensors');
    const expected = await tensor('output', name, 'io.safetensors');
    const [batch, ...rest] = input.shape as [number, ...number[]];
    const shape = (rest.length === 3 ? rest : [1, ...rest]) as unknown as FeatureShape;
    const weights = await openTensors(join(fixturesFolder, 'projectors', name, 'weights.safetensors'));
    const graph = join(scratch, `${name}.onnx`);
    const { tokens } = await writeVisualPath(graph, {
      encoders: [{ id: 'only', shape, projector: projectorOf(meta), weights }],
      fusion: { kind: 'first' },
    });
    await weights.close();
    expect(tokens).toBe(expected.shape[1]);
    const session = await VisualSession.open(graph);
    const row = (data: Float32Array, i: number) =>
      data.subarray((i * data.length) / batch, ((i + 1) * data.length) / batch);
    for (let i = 0; i < batch; i++) {
      const { embeddings } = await session.embed([{ id: 'only', data: row(input.data, i), shape }]);
      expect(largestDifference(embeddings, row(expected.data, i))).toBeLessThan(meta.tolerance.atol);
    }
    await session.close();
  });
});

it.each([
  { kind: 'per-token', mlp: 'gelu-mlp' },
  { kind: 'average', frames: 1, side: 1, mlp: 'linear' },
  { kind: 'average', frames: 1, side: 1, mlp: 'none', shape: [1, 5, 2] },
  { kind: 'attentive', heads: 1, mlp: 'none' },
  { kind: 'convolution', side: 1, mlp: 'none' },
  { kind: 'convolution-3d', frames: 1, side: 1, mlp: 'none' },
] as const)('refuses a checkpoint or grid that does not fit: $kind $mlp', async (projector) => {
  const shape: FeatureShape = 'shape' in projector ? projector.shape : [1, 4, 2];
  const weights = {
    tensors: new Map([['projector.weight', { shape: [2, 2] }]]),
    read: async () => new Float32Array(4),
  };
  const written = writeVisualPath(join(scratch, 'refused.onnx'), {
    encoders: [{ id: 'only', shape, projector, weights }],
    fusion: { kind: 'first' },
  });
  await expect(written).rejects.toMatchObject({ code: 'model_unsupported' });
});

const specifierSchema = z.array(
  z.union([
    z.object({ arch_specifier: z.string(), error: z.string() }),
    z.object({
      arch_specifier: z.string(),
      projector: z.string(),
      mlp_type: z.enum(mlpKinds),
      factor: z.number(),
      align_stage: z.boolean(),
      kwargs: z.object({
        output_size: z.number().optional(),
        num_query_tokens: z.number().optional(),
        num_heads: z.number().optional(),
      }),
    }),
  ]),
);

/** Kinds of projector by the reference's classes, where they resample. */
const kindOf: Readonly<Record<string, Projector['kind']>> = {
  AveragePoolingProjector: 'average',
  AveragePooling3DProjector: 'average',
  AttentivePooler: 'attentive',
  ConvolutionalProjector: 'convolution',
  Convolutional3DProjector: 'convolution-3d',
};

describe('combined names of projectors', async () => {
  const rows = specifierSchema.parse(await readJson('projectors', 'arch_specifiers.json').catch(() => []));
  const frames = 16;

  it.each(rows)('$arch_specifier', (row) => {
    if ('error' in row) {
      expect(() => parseArchSpecifier(row.arch_specifier)).toThrow(ExpectedError);
      return;
    }
    const specifier = parseArchSpecifier(row.arch_specifier);
    expect(specifier.alignStage).toBe(row.align_stage);
    expect(specifier.frameFactor).toBe(row.factor);
    const { output_size: size, num_query_tokens: queries, num_heads: heads } = row.kwargs;
    const tokens = queries ?? (size ?? 8) ** 2;
    const projector = projectorFor(specifier, frames, tokens);
    expect(projector).toMatchObject({ kind: kindOf[row.projector] ?? 'per-token', mlp: row.mlp_type });
    if ('side' in projector) expect(projector.side).toBe(size);
    if ('frames' in projector) expect(projector.frames).toBe(Math.floor(frames / row.factor));
    if ('heads' in projector) expect(projector.heads).toBe(heads);
  });

  it.each(['3davg+frame+linear', '3davg+frame0+linear'])('refuses %s', (text) => {
    expect(() => parseArchSpecifier(text)).toThrow(
      expect.objectContaining({ code: 'model_unsupported' }) as Error,
    );
  });

  it('refuses tokens that are no square and frames that vanish', () => {
    const specifier = parseArchSpecifier('3davg+frame4+linear');
    expect(() => projectorFor(specifier, 16, 63)).toThrow(/square/);
    expect(() => projectorFor(specifier, 3, 64)).toThrow(/gets 3/);
  });
});
