import type { ResizeStrategy } from './encoder.ts';

interface Size {
  readonly height: number;
  readonly width: number;
}

/** How frames of one size become an encoder's square: what the preprocessing part of its graph is fed. */
export interface FrameGeometry {
  /** Size of the canvas that a letterboxed frame is centred in before it is resized; null for no padding. */
  readonly padTo: Size | null;
  /** [height, width] */
  readonly resizeTo: readonly [number, number];
  /** [top, left] */
  readonly cropFrom: readonly [number, number];
}

/**
 * torchvision's Resize and CenterCrop (torchvision/transforms/functional.py): the long side is truncated, the crop
 * offset rounded half to even as Python does. The reference's LetterboxPad adds int(missing / 2) on both sides, so
 * an odd difference leaves the canvas one pixel from square, which the crop then removes.
 */
export function frameGeometry(strategy: ResizeStrategy, frame: Size, size: number): FrameGeometry {
  switch (strategy) {
    case 'resize-naive':
      return { padTo: null, resizeTo: [size, size], cropFrom: [0, 0] };
    case 'letterbox': {
      const longest = Math.max(frame.height, frame.width);
      const padded = (length: number) => length + 2 * Math.trunc((longest - length) / 2);
      const padTo = { height: padded(frame.height), width: padded(frame.width) };
      return { ...cropGeometry(padTo, size), padTo };
    }
    case 'resize-crop':
      return { ...cropGeometry(frame, size), padTo: null };
  }
}

function cropGeometry({ height, width }: Size, size: number): Pick<FrameGeometry, 'resizeTo' | 'cropFrom'> {
  const resizeTo =
    height <= width
      ? ([size, Math.trunc((size * width) / height)] as const)
      : ([Math.trunc((size * height) / width), size] as const);
  const offset = (length: number) => roundHalfEven((length - size) / 2);
  return { resizeTo, cropFrom: [offset(resizeTo[0]), offset(resizeTo[1])] };
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Centres an RGB frame [H, W, 3] on a canvas of `fill`: [canvas.height, canvas.width, 3]. */
export function letterbox(
  rgb: Uint8Array,
  frame: Size,
  canvas: Size,
  fill: readonly [number, number, number],
): Uint8Array {
  const padded = new Uint8Array(canvas.height * canvas.width * 3);
  for (let i = 0; i < padded.length; i += 3) padded.set(fill, i);
  const top = (canvas.height - frame.height) / 2;
  const left = (canvas.width - frame.width) / 2;
  for (let row = 0; row < frame.height; row++) {
    const line = rgb.subarray(row * frame.width * 3, (row + 1) * frame.width * 3);
    padded.set(line, ((row + top) * canvas.width + left) * 3);
  }
  return padded;
}
