/**
 * Pillow's image resampling (src/libImaging/Resample.c, `ImagingResample` for 8 bits a channel), bit for bit: a
 * horizontal and then a vertical pass, antialiased, in fixed point with the intermediate image rounded to bytes.
 * The encoders were trained on its output, and a difference of one level in a pixel shows in their features.
 */

export type ResampleFilter = 'bicubic' | 'bilinear';

export interface Size {
  readonly height: number;
  readonly width: number;
}

/** A rectangle of an image. */
export interface Window extends Size {
  readonly top: number;
  readonly left: number;
}

export interface Image extends Size {
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

/** Of the output positions `start` … `start + length - 1`. */
function taps(
  input: number,
  output: number,
  { start, length }: { readonly start: number; readonly length: number },
  filter: ResampleFilter,
): Taps {
  const { support: base, at } = filters[filter];
  const scale = input / output;
  const filterScale = Math.max(scale, 1);
  const support = base * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(length);
  const count = new Int32Array(length);
  const weights = new Int32Array(length * stride);
  for (let position = 0; position < length; position++) {
    const centre = (start + position + 0.5) * scale;
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
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

const half = 1 << (precisionBits - 1);

/**
 * The same taps with their number rounded up to a multiple of four, by weights of zero: `first` moves to the left where
 * they would leave the line.
 */
function inFours({ first, count, weights, stride }: Taps, input: number): Taps {
  const wide = Math.ceil(stride / 4) * 4;
  const result = {
    first: new Int32Array(first.length),
    count: count.map((n) => Math.ceil(n / 4) * 4),
    weights: new Int32Array(first.length * wide),
    stride: wide,
  };
  for (const [x, from] of first.entries()) {
    const start = Math.max(0, Math.min(from, input - result.count[x]!));
    const own = weights.subarray(x * stride, x * stride + count[x]!);
    result.first[x] = start;
    result.weights.set(own, x * wide + from - start);
  }
  return result;
}

/**
 * Rows `top` … `top + rows - 1` of [height, width, 3] -> [rows, positions, 3]. Four pixels are three loads of 32 bits:
 * three times as fast as a load a byte.
 */
function horizontal(rgb: Uint8Array, width: number, top: number, rows: number, across: Taps): Uint8Array {
  const { first, count, weights, stride } = inFours(across, width);
  // The last line of an image narrower than its taps would be read past its end.
  const source = width < stride ? Buffer.concat([rgb, Buffer.alloc(stride * 3)]) : rgb;
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const result = new Uint8Array(rows * first.length * 3);
  let target = 0;
  for (let row = top; row < top + rows; row++) {
    const line = row * width * 3;
    for (let x = 0; x < first.length; x++) {
      let r = half;
      let g = half;
      let b = half;
      let at = line + first[x]! * 3;
      const end = x * stride + count[x]!;
      for (let tap = x * stride; tap < end; tap += 4) {
        const w0 = weights[tap]!;
        const w1 = weights[tap + 1]!;
        const w2 = weights[tap + 2]!;
        const w3 = weights[tap + 3]!;
        const rgbr = view.getInt32(at, true);
        const gbrg = view.getInt32(at + 4, true);
        const brgb = view.getInt32(at + 8, true);
        r = (r + Math.imul(rgbr & 255, w0) + Math.imul(rgbr >>> 24, w1)) | 0;
        g = (g + Math.imul((rgbr >>> 8) & 255, w0) + Math.imul(gbrg & 255, w1)) | 0;
        b = (b + Math.imul((rgbr >>> 16) & 255, w0) + Math.imul((gbrg >>> 8) & 255, w1)) | 0;
        r = (r + Math.imul((gbrg >>> 16) & 255, w2) + Math.imul((brgb >>> 8) & 255, w3)) | 0;
        g = (g + Math.imul(gbrg >>> 24, w2) + Math.imul((brgb >>> 16) & 255, w3)) | 0;
        b = (b + Math.imul(brgb & 255, w2) + Math.imul(brgb >>> 24, w3)) | 0;
        at += 12;
      }
      result[target] = toByte(r);
      result[target + 1] = toByte(g);
      result[target + 2] = toByte(b);
      target += 3;
    }
  }
  return result;
}

/** [rows, line] -> [positions, line], four columns a turn; the first row is number `top` of what the taps are for. */
function vertical(rgb: Uint8Array, line: number, top: number, down: Taps): Uint8Array {
  const { first, count, weights, stride } = down;
  const view = new DataView(rgb.buffer, rgb.byteOffset, rgb.byteLength);
  const result = new Uint8Array(first.length * line);
  const fours = line - (line % 4);
  for (let y = 0; y < first.length; y++) {
    const start = y * stride;
    const end = start + count[y]!;
    const from = (first[y]! - top) * line;
    const target = y * line;
    for (let x = 0; x < fours; x += 4) {
      let s0 = half;
      let s1 = half;
      let s2 = half;
      let s3 = half;
      let at = from + x;
      for (let tap = start; tap < end; tap++) {
        const weight = weights[tap]!;
        const bytes = view.getInt32(at, true);
        s0 = (s0 + Math.imul(bytes & 255, weight)) | 0;
        s1 = (s1 + Math.imul((bytes >>> 8) & 255, weight)) | 0;
        s2 = (s2 + Math.imul((bytes >>> 16) & 255, weight)) | 0;
        s3 = (s3 + Math.imul(bytes >>> 24, weight)) | 0;
        at += line;
      }
      result[target + x] = toByte(s0);
      result[target + x + 1] = toByte(s1);
      result[target + x + 2] = toByte(s2);
      result[target + x + 3] = toByte(s3);
    }
    for (let x = fours; x < line; x++) {
      let sum = half;
      for (let tap = start; tap < end; tap++) {
        sum = (sum + Math.imul(rgb[from + x + (tap - start) * line]!, weights[tap]!)) | 0;
      }
      result[target + x] = toByte(sum);
    }
  }
  return result;
}

/**
 * `Image.resize((width, height), filter)`, cut to `window` of it; what lies outside is not computed. A pass that
 * changes nothing is left out, as in Pillow.
 */
export function resample(
  image: Image,
  size: Size,
  filter: ResampleFilter,
  window: Window = { ...size, top: 0, left: 0 },
): Image {
  const { height, width } = window;
  const down =
    size.height === image.height
      ? null
      : taps(image.height, size.height, { start: window.top, length: height }, filter);
  const across =
    size.width === image.width
      ? null
      : taps(image.width, size.width, { start: window.left, length: width }, filter);
  // Rows of the source that the window needs.
  const top = down === null ? window.top : down.first[0]!;
  const end = down === null ? top + height : down.first[height - 1]! + down.count[height - 1]!;

  let rgb =
    across === null
      ? cut(image, { top, left: window.left, height: end - top, width })
      : horizontal(image.rgb, image.width, top, end - top, across);
  if (down !== null) rgb = vertical(rgb, width * 3, top, down);
  return { height, width, rgb };
}

/** A rectangle of an image, [height, width, 3]. */
function cut({ rgb, width: whole }: Image, { top, left, height, width }: Window): Uint8Array {
  if (width === whole) return rgb.subarray(top * whole * 3, (top + height) * whole * 3);
  const result = new Uint8Array(height * width * 3);
  for (let row = 0; row < height; row++) {
    const from = ((row + top) * whole + left) * 3;
    result.set(rgb.subarray(from, from + width * 3), row * width * 3);
  }
  return result;
}
