import type { ResizeStrategy } from './encoder.ts';
import { type Image, type ResampleFilter, resample } from './resample.ts';

export interface FrameTarget {
  readonly strategy: ResizeStrategy;
  readonly filter: ResampleFilter;
  /** Side of the encoder's square. */
  readonly size: number;
  /** The encoder's mean, 0…1: what letterboxing pads with. */
  readonly mean: readonly [number, number, number];
}

/**
 * A decoded frame as an encoder gets it: [size, size, 3]. The rules are torchvision's Resize and CenterCrop
 * (torchvision/transforms/functional.py) on Pillow images and the reference's LetterboxPad.
 */
export function prepareFrame(frame: Image, target: FrameTarget): Uint8Array {
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

/** The short side becomes `size`, the long one is truncated, the centre is kept. */
function shortSideAndCrop(image: Image, { size, filter }: FrameTarget): Uint8Array {
  const { height, width } = image;
  const resized =
    height <= width
      ? { height: size, width: Math.trunc((size * width) / height) }
      : { height: Math.trunc((size * height) / width), width: size };
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

/** Python's round. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
