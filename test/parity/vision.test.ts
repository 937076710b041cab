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
import { fixturesFolder, foldersWith, largestDifference, readJson, readNpyGz } from './fixtures.ts';

/** The families built so far, by the prefix of the reference's encoder id. */
const families: Readonly<Record<string, EncoderFamily>> = { siglip };

const metaSchema = z.object({
  merv_id: z.string(),
  frame_indexes: z.array(z.number()),
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

async function load(name: string, family: EncoderFamily, precision: LinearPrecision) {
  const weights = await openTensors(join(fixturesFolder, 'vision', name, 'model.safetensors'));
  const encoder = family(await readJson('vision', name, 'config.json'), weights);
  const file = join(scratch, `${name}-${precision}.onnx`);
  await writeEncoder(file, encoder, weights, { precision });
  await weights.close();
  return { encoder, session: await EncoderSession.open(file) };
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

    it('gives the same features at fp32', async () => {
      const { encoder, session } = await load(name, family, 'fp32');
      const frames = await prepared(encoder, 'resize-naive', meta.frame_indexes);
      const features = await session.encode(frames, encoder.spec.size);
      const source = await openTensors(join(fixturesFolder, 'vision', name, 'expected.safetensors'));
      const expected = await source.read('features');
      expect(largestDifference(features, expected)).toBeLessThan(meta.tolerance.features_atol);
      await source.close();
    });
  });
});
