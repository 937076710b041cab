import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Encoder, EncoderFamily, ResizeStrategy } from '../../engine/models/encoder.ts';
import { prepareFrame } from '../../engine/models/prepare-frame.ts';
import { siglip } from '../../engine/models/siglip.ts';
import { writeEncoder } from '../../engine/models/write-graphs.ts';
import type { LinearPrecision } from '../../engine/nn/precision.ts';
import { EncoderSession } from '../../engine/runtime/encoder-session.ts';
import { openTensors } from '../../engine/weights/open.ts';
import { stripPrefix } from '../../engine/weights/rename.ts';
import type { TensorSource } from '../../engine/weights/tensor-source.ts';
import { fixturesFolder, foldersWith, largestDifference, readJson, readNpyGz } from './fixtures.ts';
import { derivedTolerance, relativeError } from './precision.ts';

/** The families built so far, by the prefix of the reference's encoder id. */
const families: Readonly<Record<string, EncoderFamily>> = { siglip };

const metaSchema = z.object({
  merv_id: z.string(),
  frame_indexes: z.array(z.number()),
  blocks: z.number(),
  strategies: z.record(z.string(), z.object({ frames_saved: z.array(z.number()).optional() })),
  tolerance: z.object({ features_atol: z.number() }),
});
const strategies: readonly ResizeStrategy[] = ['resize-naive', 'resize-crop', 'letterbox'];

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merv-parity-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

function familyOf(mervId: string): EncoderFamily | undefined {
  return Object.entries(families).find(([prefix]) => mervId.startsWith(prefix))?.[1];
}

/** What the hub holds for SigLIP is an OpenCLIP checkpoint, its vision tower under `visual.trunk.`. */
async function openWeights(path: string): Promise<TensorSource> {
  const source = await openTensors(path);
  const tower = 'visual.trunk.';
  return [...source.tensors.keys()].some((key) => key.startsWith(tower))
    ? stripPrefix(source, tower)
    : source;
}

async function load(
  name: string,
  family: EncoderFamily,
  precision: LinearPrecision,
  file = 'model.safetensors',
) {
  const weights = await openWeights(join(fixturesFolder, 'vision', name, file));
  const encoder = family(await readJson('vision', name, 'config.json'), weights);
  const graph = join(scratch, `${name}-${precision}-${file}.onnx`);
  await writeEncoder(graph, encoder, weights, { precision });
  await weights.close();
  return { encoder, session: await EncoderSession.open(graph) };
}

/** Frames of the shared clip as the encoder gets them, [F, size, size, 3]. */
async function prepared(
  { spec }: Encoder,
  strategy: ResizeStrategy,
  indexes: readonly number[],
): Promise<Uint8Array> {
  const clip = await readNpyGz('clip', 'frames_u8.npy.gz');
  const [, height, width] = clip.shape as [number, number, number, number];
  const bytes = height * width * 3;
  const target = { strategy, size: spec.size, filter: spec.filter, mean: spec.normalisation.mean };
  return Buffer.concat(
    indexes.map((index) => {
      const rgb = clip.data.subarray(index * bytes, (index + 1) * bytes);
      return prepareFrame({ height, width, rgb }, target);
    }),
  );
}

const folders = await foldersWith('meta.json', 'vision');
const cases: { name: string; family: EncoderFamily; meta: z.infer<typeof metaSchema> }[] = [];
for (const name of folders) {
  const raw = await readJson('vision', name, 'meta.json');
  const family = familyOf(z.object({ merv_id: z.string() }).parse(raw).merv_id);
  if (family !== undefined) cases.push({ name, family, meta: metaSchema.parse(raw) });
}

describe('vision encoders', () => {
  it('has fixtures', () => expect(cases.length).toBeGreaterThan(0));

  describe.each(cases)('$name', ({ name, family, meta }) => {
    it.each(strategies.filter((strategy) => strategy in meta.strategies))(
      'resizes as Pillow does: %s',
      async (strategy) => {
        const expected = await readNpyGz('vision', name, `pixels_u8.${strategy}.npy.gz`);
        const indexes = meta.strategies[strategy]!.frames_saved ?? meta.frame_indexes;
        const { encoder } = await load(name, family, 'fp32');
        const bytes = await prepared(encoder, strategy, indexes);
        expect(largestDifference(bytes, expected.data)).toBe(0);
      },
    );

    const features = async (precision: LinearPrecision, file?: string) => {
      const { encoder, session } = await load(name, family, precision, file);
      const frames = await prepared(encoder, 'resize-naive', meta.frame_indexes);
      return session.encode(frames, encoder.spec.size);
    };
    const expectedFeatures = async () => {
      const source = await openTensors(join(fixturesFolder, 'vision', name, 'expected.safetensors'));
      return source.read('features').finally(() => source.close());
    };
    const files = ['model.safetensors', 'open_clip_pytorch_model.bin', 'pytorch_model.bin'].filter((file) =>
      existsSync(join(fixturesFolder, 'vision', name, file)),
    );

    it.each(files)('gives the same features at fp32 from %s', async (file) => {
      const difference = largestDifference(await features('fp32', file), await expectedFeatures());
      expect(difference).toBeLessThan(meta.tolerance.features_atol);
    });

    it.each(['fp16', 'int8-dynamic'] as const)(
      'stays within the derived tolerance at %s',
      async (precision) => {
        // Four linear layers a block, of which the last block is left out.
        const tolerance = derivedTolerance(precision, 4 * (meta.blocks - 1));
        expect(relativeError(await features(precision), await expectedFeatures())).toBeLessThan(tolerance);
      },
    );
  });
});
