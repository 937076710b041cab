import { expect, it } from 'vitest';
import { halfTable, toHalf } from '../../../engine/nn/half.ts';

it('every half becomes itself again', () => {
  const table = halfTable();
  const wrong: number[] = [];
  for (let bits = 0; bits < 65536; bits++) {
    const value = table[bits]!;
    const same = Number.isNaN(value)
      ? (toHalf(value) & 0x7fff) > 0x7c00
      : toHalf(value) === bits || value === 0;
    if (!same) wrong.push(bits);
  }
  expect(wrong).toEqual([]);
});

it('rounds to the nearest half, ties to even', () => {
  // 2048 and 2050 are neighbours, 2^-24 the smallest.
  expect(toHalf(2049)).toBe(toHalf(2048));
  expect(toHalf(2051)).toBe(toHalf(2052));
  expect(toHalf(2 ** -25)).toBe(0);
  expect(toHalf(1.01 * 2 ** -25)).toBe(1);
  expect(toHalf(65519)).toBe(0x7bff);
  expect(toHalf(65520)).toBe(0x7c00);
  expect(toHalf(-1e9)).toBe(0xfc00);
});
