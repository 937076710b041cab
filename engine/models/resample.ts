/**
 * Pillow's image resampling (src/libImaging/Resample.c, `ImagingResample` for 8 bits a channel), bit for bit: a
 * horizontal and then a vertical pass, antialiased, in fixed point with the intermediate image rounded to bytes.
 * The encoders were trained on its output, and a difference of one level in a pixel shows in their features.
 */

export type ResampleFilter = 'bicubic' | 'bilinear';

export interface Image {
  readonly height: number;
  readonly width: number;
  /** [height, width, 3] */
  readonly rgb: Uint8Array;
}

/** 32 bits less 8 of the value and 2 of head room, as in Pillow. */
const precisionBits = 22;

const filters: Readonly<
  Record<ResampleFilter, { readonly support: number; readonly at: (x: number) => number }>
> = {
  bicubic: { support: 2, at: bicubic },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
};

/** Keys' cubic with a = −0.5. */
function bicubic(signed: number): number {
  const a = -0.5;
  const x = Math.abs(signed);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/** For each output position the first input position, how many there are, and their weights in fixed point. */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** [positions, stride] */
  readonly weights: Int32Array;
  readonly stride: number;
}

function taps(input: number, output: number, filter: ResampleFilter): Taps {
  const { support: base, at } = filters[filter];
  const scale = input / output;
  const filterScale = Math.max(scale, 1);
  const support = base * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(output);
  const count = new Int32Array(output);
  const weights = new Int32Array(output * stride);
  for (let position = 0; position < output; position++) {
    const centre = (position + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - support + 0.5));
    const to = Math.min(input, Math.trunc(centre + support + 0.5));
    const raw = Array.from({ length: to - from }, (_, i) => at((i + from - centre + 0.5) / filterScale));
    const sum = raw.reduce((a, b) => a + b, 0);
    first[position] = from;
    count[position] = to - from;
    for (const [i, weight] of raw.entries()) {
      const fixed = (sum === 0 ? weight : weight / sum) * 2 ** precisionBits;
      weights[position * stride + i] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
  }
  return { first, count, weights, stride };
}

/** A sum of fixed-point products as a byte. */
function toByte(sum: number): number {
  const value = sum >> precisionBits;
  return Math.min(255, Math.max(0, value));
}

const half = 1 << (precisionBits - 1);

/** [rows, width, 3] -> [rows, output, 3] */
function horizontal(
  rgb: Uint8Array,
  rows: number,
  width: number,
  output: number,
  filter: ResampleFilter,
): Uint8Array {
  const { first, count, weights, stride } = taps(width, output, filter);
  const result = new Uint8Array(rows * output * 3);
  let target = 0;
  for (let row = 0; row < rows; row++) {
    const line = row * width * 3;
    for (let x = 0; x < output; x++) {
      let r = half;
      let g = half;
      let b = half;
      let at = line + first[x]! * 3;
      const end = x * stride + count[x]!;
      for (let tap = x * stride; tap < end; tap++) {
        const weight = weights[tap]!;
        r = (r + Math.imul(rgb[at]!, weight)) | 0;
        g = (g + Math.imul(rgb[at + 1]!, weight)) | 0;
        b = (b + Math.imul(rgb[at + 2]!, weight)) | 0;
        at += 3;
      }
      result[target] = toByte(r);
      result[target + 1] = toByte(g);
      result[target + 2] = toByte(b);
      target += 3;
    }
  }
  return result;
}

/** [rows, width, 3] -> [output, width, 3] */
function vertical(
  rgb: Uint8Array,
  rows: number,
  width: number,
  output: number,
  filter: ResampleFilter,
): Uint8Array {
  const { first, count, weights, stride } = taps(rows, output, filter);
  const line = width * 3;
  const result = new Uint8Array(output * line);
  const sums = new Int32Array(line);
  for (let y = 0; y < output; y++) {
    sums.fill(half);
    for (let tap = 0; tap < count[y]!; tap++) {
      const weight = weights[y * stride + tap]!;
      const from = (first[y]! + tap) * line;
      for (let x = 0; x < line; x++) sums[x] = (sums[x]! + Math.imul(rgb[from + x]!, weight)) | 0;
    }
    for (let x = 0; x < line; x++) result[y * line + x] = toByte(sums[x]!);
  }
  return result;
}

/** `Image.resize((width, height), filter)`. A pass that changes nothing is left out, as in Pillow. */
export function resample(
  image: Image,
  size: { readonly height: number; readonly width: number },
  filter: ResampleFilter,
): Image {
  let { rgb } = image;
  if (size.width !== image.width) rgb = horizontal(rgb, image.height, image.width, size.width, filter);
  if (size.height !== image.height) rgb = vertical(rgb, image.height, size.width, size.height, filter);
  return { ...size, rgb };
}
