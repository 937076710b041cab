import type { Normalisation, Ops } from '../nn/ops.ts';
import type { Weights } from '../nn/weights.ts';
import type { FrameFilter } from './prepare-frame.ts';

/**
 * How a frame becomes the encoder's square, as in the reference's `--image_resize_strategy`:
 * naive squashes, crop resizes the short side and cuts the centre, letterbox pads to a square first.
 */
export type ResizeStrategy = 'resize-naive' | 'resize-crop' | 'letterbox';

export interface EncoderSpec {
  /** Side of the square that it gets, and what makes it. */
  readonly size: number;
  readonly filter: FrameFilter;
  /** Length of the short side before the centre is cut, where that is more than `size`. */
  readonly shortSide?: number;
  readonly normalisation: Normalisation;
  /** Features are [frames / framesPerStep, tokens, width]: more than 1 where an encoder joins neighbouring frames. */
  readonly framesPerStep: number;
  readonly tokens: number;
  readonly width: number;
  /** A call takes a multiple of so many frames, which see each other; null where every frame stands alone. */
  readonly clipFrames: number | null;
}

/** A frozen vision encoder, configured: what it needs and how it is computed. */
export interface Encoder {
  readonly spec: EncoderSpec;
  /** Pixel values [F, 3, size, size] -> features [F / framesPerStep, tokens, width]. */
  build<V>(nn: Ops<V>, pixels: V): V;
}

/** One file a family: reads the checkpoint's own configuration and shapes. Throws ExpectedError 'model_unsupported'. */
export type EncoderFamily = (config: unknown, weights: Weights) => Encoder;
