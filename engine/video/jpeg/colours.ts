/** Samples of a chroma component, which may have half as many columns and rows as the picture. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly columns: 1 | 2;
  readonly rows: 1 | 2;
  readonly data: Uint8Array;
}

const half = 1 << 15;
const fixed = (value: number): number => Math.floor(value * 65536 + 0.5);
const clamped = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);
const redOfRed = fixed(1.402);
const greenOfBlue = fixed(0.34414);
const greenOfRed = fixed(0.71414);
const blueOfBlue = fixed(1.772);

export function greyToRgb(luma: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(luma.length * 3);
  for (let i = 0; i < luma.length; i++) rgb.fill(luma[i]!, i * 3, i * 3 + 3);
  return rgb;
}

/**
 * Y, Cb, Cr to rgb24 in the fixed-point arithmetic of libjpeg-turbo (jdcolor.c), chroma interpolated between its samples
 * ("fancy upsampling", jdsample.c).
 */
export function colourToRgb(
  luma: Uint8Array,
  blue: Plane,
  red: Plane,
  width: number,
  height: number,
): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  const blues = new Uint8Array(2 * blue.width);
  const reds = new Uint8Array(2 * red.width);
  for (let y = 0; y < height; y++) {
    upsampleRow(blue, y, blues);
    upsampleRow(red, y, reds);
    for (let x = 0; x < width; x++) {
      const level = luma[y * width + x]!;
      const cb = blues[x]! - 128;
      const cr = reds[x]! - 128;
      const at = (y * width + x) * 3;
      rgb[at] = clamped(level + ((redOfRed * cr + half) >> 16));
      rgb[at + 1] = clamped(level + ((-greenOfBlue * cb - greenOfRed * cr + half) >> 16));
      rgb[at + 2] = clamped(level + ((blueOfBlue * cb + half) >> 16));
    }
  }
  return rgb;
}

/** One row of the full picture: a sample counts three times its nearer neighbour, in each direction that is doubled. */
function upsampleRow({ width, height, columns, rows, data }: Plane, y: number, out: Uint8Array): void {
  const row = rows === 1 ? y : y >> 1;
  const near = Math.min(height - 1, Math.max(0, row + (y % 2 === 0 ? -1 : 1)));
  const own = row * width;
  const other = near * width;
  const sum = (x: number): number => (rows === 1 ? data[own + x]! : data[own + x]! * 3 + data[other + x]!);
  if (columns === 1) {
    for (let x = 0; x < width; x++) out[x] = rows === 1 ? sum(x) : (sum(x) + (y % 2 === 0 ? 1 : 2)) >> 2;
    return;
  }
  // Narrow planes are doubled plainly (jinit_upsampler).
  if (width <= 2) {
    for (let x = 0; x < width; x++) {
      out[2 * x] = data[own + x]!;
      out[2 * x + 1] = data[own + x]!;
    }
    return;
  }
  const shift = rows === 1 ? 2 : 4;
  const [left, right] = rows === 1 ? [1, 2] : [8, 7];
  for (let x = 0; x < width; x++) {
    const here = sum(x);
    const before = x === 0 ? here : sum(x - 1);
    const behind = x === width - 1 ? here : sum(x + 1);
    out[2 * x] = (here * 3 + before + left) >> shift;
    out[2 * x + 1] = (here * 3 + behind + right) >> shift;
  }
}
