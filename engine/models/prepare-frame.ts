import type { ResizeStrategy } from './encoder.ts';
import { floatFrame } from './float-frame.ts';
import { type Image, type ResampleFilter, resample } from './resample.ts';
import { roundHalfEven } from './round-half-even.ts';

/** Pillow's filters on bytes, or PyTorch's interpolation of floats, which has its own rule: see float-frame.ts. */
export type FrameFilter = ResampleFilter | 'float-bilinear';

export interface FrameTarget {
  readonly strategy: ResizeStrategy;
  readonly filter: FrameFilter;
  /** Side of the encoder's square. */
  readonly size: number;
  /** Length of the short side before the centre is cut; `size` where it is left out. */
  readonly shortSide?: number | undefined;
  /** The encoder's mean, 0…1: what letterboxing pads with. */
  readonly mean: readonly [number, number, number];
}

/** A target whose filter is one of Pillow's. */
interface PillowTarget extends FrameTarget {
  readonly filter: ResampleFilter;
}

/** A decoded frame as an encoder gets it: levels 0…255, [size, size, 3], bytes or floats as the filter makes them. */
export function prepareFrame(frame: Image, target: FrameTarget): Uint8Array | Float32Array {
  const { filter, size } = target;
  return filter === 'float-bilinear' ? floatFrame(frame, size) : pillowFrame(frame, { ...target, filter });
}

/** Several frames: [frames, size, size, 3]. */
export function prepareFrames(frames: readonly Image[], target: FrameTarget): Uint8Array | Float32Array {
  const length = target.size * target.size * 3;
  const all =
    target.filter === 'float-bilinear'
      ? new Float32Array(frames.length * length)
      : new Uint8Array(frames.length * length);
  for (const [i, frame] of frames.entries()) all.set(prepareFrame(frame, target), i * length);
  return all;
}

/**
 * The rules are torchvision's Resize and CenterCrop (torchvision/transforms/functional.py) on Pillow images and the
 * reference's LetterboxPad.
 */
function pillowFrame(frame: Image, target: PillowTarget): Uint8Array {
  const { size, filter } = target;
  switch (target.strategy) {
    case 'resize-naive':
      return resample(frame, { height: size, width: size }, filter).rgb;
    case 'resize-crop':
      return shortSideAndCrop(frame, target);
    case 'letterbox':
      return shortSideAndCrop(letterbox(frame, target.mean), target);
  }
}

/** The short side becomes `shortSide`, the long one is truncated, the centre is kept. */
function shortSideAndCrop(image: Image, { size, shortSide = size, filter }: PillowTarget): Uint8Array {
  const { height, width } = image;
  const resized =
    height <= width
      ? { height: shortSide, width: Math.trunc((shortSide * width) / height) }
      : { height: Math.trunc((shortSide * height) / width), width: shortSide };
  const top = roundHalfEven((resized.height - size) / 2);
  const left = roundHalfEven((resized.width - size) / 2);
  return resample(image, resized, filter, { top, left, height: size, width: size }).rgb;
}

/**
 * Pads the short side with the mean colour. The reference adds int(missing / 2) on both sides, so an odd difference
 * leaves the canvas one pixel from square, which the crop then removes.
 */
function letterbox({ height, width, rgb }: Image, mean: readonly number[]): Image {
  const longest = Math.max(height, width);
  const top = Math.trunc((longest - height) / 2);
  const left = Math.trunc((longest - width) / 2);
  const canvas = { height: height + 2 * top, width: width + 2 * left };
  const padded = new Uint8Array(canvas.height * canvas.width * 3);
  const fill = mean.map((m) => Math.trunc(m * 255));
  for (let i = 0; i < padded.length; i += 3) padded.set(fill, i);
  for (let row = 0; row < height; row++) {
    const line = rgb.subarray(row * width * 3, (row + 1) * width * 3);
    padded.set(line, ((row + top) * canvas.width + left) * 3);
  }
  return { ...canvas, rgb: padded };
}
