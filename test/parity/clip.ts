import * as z from 'zod';
import type { Encoder, ResizeStrategy } from '../../engine/models/encoder.ts';
import { prepareFrames } from '../../engine/models/prepare-frame.ts';
import { readNpyGz } from './fixtures.ts';

/** Of vision/<name>/meta.json. */
export const visionMetaSchema = z.object({
  merv_id: z.string(),
  frame_indexes: z.array(z.number()),
  strategies: z.record(z.string(), z.object({ frames_saved: z.array(z.number()).optional() })).default({}),
  tolerance: z.object({ features_atol: z.number(), pixel_values_atol: z.number().optional() }),
});

/** Frames of the shared clip, as a decoder would give them. */
export async function decodedFrames(indexes: readonly number[]) {
  const clip = await readNpyGz('clip', 'frames_u8.npy.gz');
  const [, height, width] = clip.shape as [number, number, number, number];
  const bytes = height * width * 3;
  return indexes.map((index) => ({
    index,
    seconds: index,
    height,
    width,
    rgb: clip.data.subarray(index * bytes, (index + 1) * bytes),
  }));
}

/** Frames of the shared clip as the encoder gets them, [F, size, size, 3]. */
export async function prepared(
  { spec }: Pick<Encoder, 'spec'>,
  strategy: ResizeStrategy,
  indexes: readonly number[],
): Promise<Uint8Array | Float32Array> {
  const frames = await decodedFrames(indexes);
  return prepareFrames(frames, { ...spec, strategy, mean: spec.normalisation.mean });
}

/** Left and right exchanged: rows of `width` pixels. */
export function mirrored<T extends Uint8Array | Float32Array>(pixels: T, width: number): T {
  const turned = pixels.slice() as T;
  for (let at = 0; at < pixels.length; at += 3) {
    const column = (at / 3) % width;
    turned.set(pixels.subarray(at, at + 3), at + (width - 1 - 2 * column) * 3);
  }
  return turned;
}
