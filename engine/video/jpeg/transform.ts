import type { Component } from './file.ts';

const fractionBits = 13;
const keptBits = 2;
const fixed = (value: number): number => Math.round(value * (1 << fractionBits));

const f0_298 = fixed(0.298631336);
const f0_390 = fixed(0.390180644);
const f0_541 = fixed(0.5411961);
const f0_765 = fixed(0.765366865);
const f0_899 = fixed(0.899976223);
const f1_175 = fixed(1.175875602);
const f1_501 = fixed(1.50132111);
const f1_847 = fixed(1.847759065);
const f1_961 = fixed(1.96157056);
const f2_053 = fixed(2.053119869);
const f2_562 = fixed(2.562915447);
const f3_072 = fixed(3.072711026);

/**
 * A component's coefficients to its samples [height, width]: the inverse cosine transform of Loeffler, Ligtenberg and
 * Moschytz (1989) in the integer arithmetic of libjpeg's default, `jpeg_idct_islow`: columns first, then rows.
 */
export function transform(component: Component, quantisation: Int32Array): Uint8Array {
  const { width, height, blocksAcross, coefficients } = component;
  const samples = new Uint8Array(width * height);
  const work = new Int32Array(64);
  const block = new Int32Array(64);
  for (let row = 0; row * 8 < height; row++) {
    for (let column = 0; column * 8 < width; column++) {
      const from = (row * blocksAcross + column) * 64;
      for (let i = 0; i < 64; i++) block[i] = coefficients[from + i]! * quantisation[i]!;
      for (let i = 0; i < 8; i++) eight(block, i, 8, work, fractionBits - keptBits);
      for (let i = 0; i < 64; i += 8) eight(work, i, 1, block, fractionBits + keptBits + 3);
      const across = Math.min(8, width - column * 8);
      const down = Math.min(8, height - row * 8);
      for (let y = 0; y < down; y++) {
        const to = (row * 8 + y) * width + column * 8;
        for (let x = 0; x < across; x++) {
          const level = block[y * 8 + x]! + 128;
          samples[to + x] = level < 0 ? 0 : level > 255 ? 255 : level;
        }
      }
    }
  }
  return samples;
}

/** Eight values, `step` apart from `at` on, divided by 2^shift and rounded. */
function eight(input: Int32Array, at: number, step: number, output: Int32Array, shift: number): void {
  const half = 1 << (shift - 1);
  const v0 = input[at]!;
  const v1 = input[at + step]!;
  const v2 = input[at + 2 * step]!;
  const v3 = input[at + 3 * step]!;
  const v4 = input[at + 4 * step]!;
  const v5 = input[at + 5 * step]!;
  const v6 = input[at + 6 * step]!;
  const v7 = input[at + 7 * step]!;

  const both = (v2 + v6) * f0_541;
  const even2 = both - v6 * f1_847;
  const even3 = both + v2 * f0_765;
  const sum = (v0 + v4) * (1 << fractionBits);
  const difference = (v0 - v4) * (1 << fractionBits);
  const e0 = sum + even3;
  const e3 = sum - even3;
  const e1 = difference + even2;
  const e2 = difference - even2;

  const z5 = (v7 + v3 + v5 + v1) * f1_175;
  const z1 = -(v7 + v1) * f0_899;
  const z2 = -(v5 + v3) * f2_562;
  const z3 = z5 - (v7 + v3) * f1_961;
  const z4 = z5 - (v5 + v1) * f0_390;
  const o0 = v7 * f0_298 + z1 + z3;
  const o1 = v5 * f2_053 + z2 + z4;
  const o2 = v3 * f3_072 + z2 + z3;
  const o3 = v1 * f1_501 + z1 + z4;

  output[at] = (e0 + o3 + half) >> shift;
  output[at + 7 * step] = (e0 - o3 + half) >> shift;
  output[at + step] = (e1 + o2 + half) >> shift;
  output[at + 6 * step] = (e1 - o2 + half) >> shift;
  output[at + 2 * step] = (e2 + o1 + half) >> shift;
  output[at + 5 * step] = (e2 - o1 + half) >> shift;
  output[at + 3 * step] = (e3 + o0 + half) >> shift;
  output[at + 4 * step] = (e3 - o0 + half) >> shift;
}
