/**
 * Bicubic, antialiased resampling of a grid of vectors: `torch.nn.functional.interpolate(mode='bicubic',
 * antialias=True)`, with which timm fits a position embedding to another image size
 * (timm/layers/pos_embed.py `resample_abs_pos_embed`). [from, from, width] -> [to, to, width].
 */
export function resampleGrid(grid: Float32Array, from: number, to: number): Float32Array {
  const width = grid.length / (from * from);
  const taps = Array.from({ length: to }, (_, i) => weightsAt(i, from, to));
  // Along rows, then down columns.
  const across = new Float64Array(from * to * width);
  for (let row = 0; row < from; row++) {
    for (const [column, { first, weights }] of taps.entries()) {
      const target = (row * to + column) * width;
      for (const [i, weight] of weights.entries()) {
        const source = (row * from + first + i) * width;
        for (let c = 0; c < width; c++) across[target + c]! += weight * grid[source + c]!;
      }
    }
  }
  const sums = new Float64Array(to * to * width);
  const line = to * width;
  for (const [row, { first, weights }] of taps.entries()) {
    for (const [i, weight] of weights.entries()) {
      const source = (first + i) * line;
      for (let c = 0; c < line; c++) sums[row * line + c]! += weight * across[source + c]!;
    }
  }
  return Float32Array.from(sums);
}

/** Keys' cubic with a = −0.5, which PyTorch takes where it antialiases. */
function cubic(signed: number): number {
  const x = Math.abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

/** The first input position of one output position, and the weights from there on, which add up to 1. */
function weightsAt(position: number, from: number, to: number) {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = 2 * stretch;
  const centre = (position + 0.5) * scale;
  const first = Math.max(0, Math.trunc(centre - support + 0.5));
  const end = Math.min(from, Math.trunc(centre + support + 0.5));
  const raw = Array.from({ length: end - first }, (_, i) => cubic((i + first - centre + 0.5) / stretch));
  const sum = raw.reduce((a, b) => a + b, 0);
  return { first, weights: raw.map((weight) => weight / sum) };
}
