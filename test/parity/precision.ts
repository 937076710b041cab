import type { LinearPrecision } from '../../engine/nn/precision.ts';

/**
 * Relative error (root mean square) that rounding to n levels over a range adds: the rounding error is uniform, so
 * its deviation is range / (levels · √12); `rangeToRms` says how many deviations of the values the range spans.
 */
const rounding = (rangeToRms: number, levels: number) => rangeToRms / (levels * Math.sqrt(12));

/** A block of 32 normal values spans about 4 of its deviations, a column of weights 7, a whole activation tensor 20. */
const block = 4;
const column = 7;
const tensor = 20;

/** Of one linear layer: error of its weights and of its input, which are independent. */
const perLayer: Readonly<Record<LinearPrecision, number>> = {
  fp32: 0,
  // 11 significant bits: half a unit in the last place, spread over a binade.
  fp16: 2 ** -11,
  // Weights keep seven bits, see quantiseColumns.
  'int8-dynamic': Math.hypot(rounding(column, 129), rounding(tensor, 255)),
  int8: Math.hypot(rounding(block, 255), rounding(block, 255)),
  int4: Math.hypot(rounding(block, 15), rounding(block, 255)),
};

/**
 * Relative error that `linears` layers one after the other may have against fp32. Errors of layers are independent
 * and add in squares; a factor of 2 leaves room for layers that amplify what they get.
 */
export function derivedTolerance(precision: LinearPrecision, linears: number): number {
  return 2 * perLayer[precision] * Math.sqrt(linears);
}

/** ‖a − b‖ / ‖b‖ */
export function relativeError(a: Float32Array, b: Float32Array): number {
  let difference = 0;
  let size = 0;
  for (const [i, value] of b.entries()) {
    difference += (a[i]! - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(difference / size);
}
