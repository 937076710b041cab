/** Values that share a scale and zero point in block quantisation. */
export const blockSize = 32;

export interface BlockQuantised {
  /** [out, blocks, blockSize · bits / 8], low nibble first. */
  readonly values: Uint8Array;
  /** [out, blocks] */
  readonly scales: Float32Array;
  /** [out, blocks], packed as `values` are: two 4-bit points a byte, low nibble first, rows padded to a byte. */
  readonly zeroPoints: Uint8Array;
}

/** Room for W [out, in]. */
export function emptyBlocks(out: number, inputs: number, bits: 4 | 8): BlockQuantised {
  const blocks = Math.ceil(inputs / blockSize);
  return {
    values: new Uint8Array((out * blocks * blockSize * bits) / 8),
    scales: new Float32Array(out * blocks),
    zeroPoints: new Uint8Array(out * zeroRow(blocks, bits)),
  };
}

const zeroRow = (blocks: number, bits: 4 | 8): number => (bits === 4 ? Math.ceil(blocks / 2) : blocks);

/**
 * Asymmetric round-to-nearest quantisation of W [rows, in] in blocks along `in`, for ONNX Runtime's MatMulNBits:
 * w ≈ (q − zeroPoint) · scale. A block whose `in` runs past the end is filled with zeros. The rows go into `target`
 * from its row `firstRow` on.
 */
export function quantiseBlocks(
  weight: Float32Array,
  rows: number,
  inputs: number,
  bits: 4 | 8,
  target: BlockQuantised = emptyBlocks(rows, inputs, bits),
  firstRow = 0,
): BlockQuantised {
  const levels = 2 ** bits - 1;
  const blocks = Math.ceil(inputs / blockSize);
  const { values, scales, zeroPoints } = target;
  const zeros = zeroRow(blocks, bits);
  const quantised = new Uint8Array(blockSize);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const first = row * inputs + block * blockSize;
      const end = first + Math.min(blockSize, inputs - block * blockSize);
      let low = 0;
      let high = 0;
      for (let i = first; i < end; i++) {
        const w = weight[i]!;
        if (w < low) low = w;
        if (w > high) high = w;
      }
      const scale = Math.fround((high - low) / levels);
      const place = (firstRow + row) * blocks + block;
      scales[place] = scale;
      if (scale === 0) continue;
      // One division a block; adding a half and cutting off rounds, since nothing here is negative by more than that.
      const inverse = 1 / scale;
      const zero = Math.min(levels, Math.floor(-low * inverse + 0.5));
      const offset = zero + 0.5;
      for (let i = first; i < end; i++) {
        const q = (weight[i]! * inverse + offset) | 0;
        quantised[i - first] = q > levels ? levels : q;
      }
      quantised.fill(zero, end - first);
      if (bits === 8) {
        zeroPoints[(firstRow + row) * zeros + block] = zero;
        values.set(quantised, place * blockSize);
      } else {
        zeroPoints[(firstRow + row) * zeros + (block >> 1)]! |= zero << ((block & 1) * 4);
        const half = (place * blockSize) / 2;
        for (let i = 0; i < blockSize; i += 2) {
          values[half + (i >> 1)] = quantised[i]! | (quantised[i + 1]! << 4);
        }
      }
    }
  }
  return target;
}

/**
 * Seven bits instead of eight: processors without VNNI add two products of an 8-bit activation and a weight in 16 bits
 * and cut off what does not fit (2 · 255 · 64 does). With eight bits SmolLM2's logits came out unrelated to the true ones.
 */
const largestColumnValue = 64;

/** Symmetric int8 a column for DynamicQuantizeMatMul: W [out, in] -> values [in, out], one scale an output. */
export function quantiseColumns(
  weight: Float32Array,
  out: number,
  inputs: number,
): { readonly values: Int8Array; readonly scales: Float32Array } {
  const values = new Int8Array(out * inputs);
  const scales = new Float32Array(out);
  for (let row = 0; row < out; row++) {
    let largest = 0;
    for (let i = 0; i < inputs; i++) largest = Math.max(largest, Math.abs(weight[row * inputs + i]!));
    const scale = Math.fround(largest / largestColumnValue);
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = 0; i < inputs; i++) values[i * out + row] = Math.round(weight[row * inputs + i]! / scale);
  }
  return { values, scales };
}

/** [rows, columns] -> [columns, rows], in tiles that stay in the cache. */
export function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  const tile = 32;
  for (let r0 = 0; r0 < rows; r0 += tile) {
    for (let c0 = 0; c0 < columns; c0 += tile) {
      const rEnd = Math.min(rows, r0 + tile);
      const cEnd = Math.min(columns, c0 + tile);
      for (let r = r0; r < rEnd; r++)
        for (let c = c0; c < cEnd; c++) result[c * rows + r] = matrix[r * columns + c]!;
    }
  }
  return result;
}
