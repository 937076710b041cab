import type { Image } from './resample.ts';
import { roundHalfEven } from './round-half-even.ts';

/** The two neighbours of every kept output position, and the weight of the second. */
interface Neighbours {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly weight: Float32Array;
}

/**
 * A decoded frame as LanguageBind's video transform makes it, before normalisation: the short side becomes `size`
 * (the long one is rounded down), the centre is kept, whatever the resize strategy. Floats, bilinear, not antialiased:
 * `torch.nn.functional.interpolate(mode='bilinear', align_corners=False)` as in pytorchvision's ShortSideScale, and
 * torchvision's CenterCropVideo. The reference normalises first; both are linear, so the order changes rounding only.
 * Levels 0…255, [size, size, 3].
 */
export function floatFrame({ height, width, rgb }: Image, size: number): Float32Array {
  const tall = width < height;
  const whole = tall
    ? { height: Math.floor((height / width) * size), width: size }
    : { height: size, width: Math.floor((width / height) * size) };
  const down = neighbours(height, whole.height, roundHalfEven((whole.height - size) / 2), size);
  const across = neighbours(width, whole.width, roundHalfEven((whole.width - size) / 2), size);
  const result = new Float32Array(size * size * 3);
  let target = 0;
  for (let y = 0; y < size; y++) {
    const above = down.first[y]! * width;
    const below = down.second[y]! * width;
    const lower = down.weight[y]!;
    for (let x = 0; x < size; x++) {
      const left = across.first[x]!;
      const right = across.second[x]!;
      const later = across.weight[x]!;
      for (let channel = 0; channel < 3; channel++) {
        const at = (row: number, column: number) => rgb[(row + column) * 3 + channel]!;
        const top = at(above, left) * (1 - later) + at(above, right) * later;
        const bottom = at(below, left) * (1 - later) + at(below, right) * later;
        result[target++] = top * (1 - lower) + bottom * lower;
      }
    }
  }
  return result;
}

/** Positions are in float32 with one rounding (a fused multiply-add), as PyTorch's: it shows at edges of a picture. */
function neighbours(input: number, output: number, start: number, length: number): Neighbours {
  const scale = Math.fround(input / output);
  const first = new Int32Array(length);
  const second = new Int32Array(length);
  const weight = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const position = Math.max(0, Math.fround(scale * (start + i + 0.5) - 0.5));
    first[i] = Math.min(Math.floor(position), input - 1);
    second[i] = Math.min(first[i]! + 1, input - 1);
    weight[i] = position - first[i]!;
  }
  return { first, second, weight };
}
