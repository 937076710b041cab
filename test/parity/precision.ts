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
  // Weights only, 11 significant bits: uniform within half a unit in the last place, values spread evenly over a binade
  // on a logarithmic scale, whose mean of 1/v² over 1…2 is 3 / (8 ln 2).
  fp16: (2 ** -11 / Math.sqrt(3)) * Math.sqrt(3 / (8 * Math.LN2)),
  // Weights keep seven bits, see quantiseColumns.
  'int8-dynamic': Math.hypot(rounding(column, 129), rounding(tensor, 255)),
  int8: Math.hypot(rounding(block, 255), rounding(block, 255)),
  int4: Math.hypot(rounding(block, 15), rounding(block, 255)),
};

/**
 * Relative error that `linears` layers one after the other may have at fp16 against fp32: errors of layers are independent
 * and add in squares. Attention and norms may amplify what they get, here up to four times.
 */
export function fp16Tolerance(linears: number): number {
  return 4 * perLayer.fp16 * Math.sqrt(linears);
}

/**
 * Relative error that a model may have at a precision whose errors are larger, by its error at fp16: the same layers carry
 * both on in the same way, so that they differ as the errors of a single layer do. Rounding errors are not quite normal:
 * a factor of 1.6.
 */
export function toleranceBeside(precision: LinearPrecision, fp16Error: number): number {
  return (1.6 * fp16Error * perLayer[precision]) / perLayer.fp16;
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
