import { describe, expect, it } from 'vitest';
import { blockSize, quantiseBlocks, quantiseColumns, transpose } from '../../../engine/nn/onnx/quantise.ts';

const weights = (length: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7) * (1 + (i % 13)));

describe('block quantisation', () => {
  it.each([8, 4] as const)('is within half a step at %s bits, also where the last block is short', (bits) => {
    const [out, inputs] = [5, 80];
    const weight = weights(out * inputs);
    const { values, scales, zeroPoints } = quantiseBlocks(weight, out, inputs, bits);
    const blocks = Math.ceil(inputs / blockSize);
    const nibble = (bytes: Uint8Array, row: number, stride: number, i: number) =>
      bits === 8 ? bytes[row * stride + i]! : (bytes[row * stride + (i >> 1)]! >> ((i & 1) * 4)) & 15;
    const zeroStride = bits === 8 ? blocks : Math.ceil(blocks / 2);
    for (let row = 0; row < out; row++) {
      for (let i = 0; i < inputs; i++) {
        const block = Math.floor(i / blockSize);
        const scale = scales[row * blocks + block]!;
        const q = nibble(values, row, (blocks * blockSize * bits) / 8, i);
        const back = (q - nibble(zeroPoints, row, zeroStride, block)) * scale;
        // Half a step of rounding, and half of the zero point's.
        expect(Math.abs(back - weight[row * inputs + i]!)).toBeLessThanOrEqual(scale * 1.0001);
      }
    }
  });

  it('keeps blocks of zeros zero', () => {
    const { values, scales } = quantiseBlocks(new Float32Array(64), 1, 64, 8);
    expect([...scales]).toEqual([0, 0]);
    expect(values.every((q) => q === 0)).toBe(true);
  });
});

it('quantises columns within half a step', () => {
  const weight = weights(7 * 33);
  const { values, scales } = quantiseColumns(weight, 7, 33);
  for (let row = 0; row < 7; row++) {
    for (let i = 0; i < 33; i++) {
      expect(Math.abs(values[i * 7 + row]! * scales[row]! - weight[row * 33 + i]!)).toBeLessThanOrEqual(
        scales[row]! * 0.5001,
      );
    }
  }
});

it('keeps two products of a column with activations within 16 bits', () => {
  const { values } = quantiseColumns(Float32Array.of(3, -3, 3, -3), 1, 4);
  const largest = Math.max(...[...values].map(Math.abs));
  expect(2 * 255 * largest).toBeLessThan(2 ** 15);
});

it('transposes shapes that fill no tile', () => {
  const matrix = weights(45 * 70);
  const back = transpose(transpose(matrix, 45, 70), 70, 45);
  expect(back).toEqual(matrix);
  expect(transpose(matrix, 45, 70)[3 * 45 + 2]).toBe(matrix[2 * 70 + 3]);
});
