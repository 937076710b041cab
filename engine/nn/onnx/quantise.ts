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

/**
 * Asymmetric round-to-nearest quantisation of W [out, in] in blocks along `in`, for ONNX Runtime's MatMulNBits:
 * w ≈ (q − zeroPoint) · scale. A block whose `in` runs past the end is filled with zeros.
 */
export function quantiseBlocks(
  weight: Float32Array,
  out: number,
  inputs: number,
  bits: 4 | 8,
): BlockQuantised {
  const levels = 2 ** bits - 1;
  const blocks = Math.ceil(inputs / blockSize);
  const bytesPerBlock = (blockSize * bits) / 8;
  const values = new Uint8Array(out * blocks * bytesPerBlock);
  const scales = new Float32Array(out * blocks);
  const zeroRow = bits === 4 ? Math.ceil(blocks / 2) : blocks;
  const zeroPoints = new Uint8Array(out * zeroRow);
  for (let row = 0; row < out; row++) {
    for (let block = 0; block < blocks; block++) {
      const first = row * inputs + block * blockSize;
      const length = Math.min(blockSize, inputs - block * blockSize);
      let low = 0;
      let high = 0;
      for (let i = first; i < first + length; i++) {
        const w = weight[i]!;
        if (w < low) low = w;
        if (w > high) high = w;
      }
      const scale = Math.fround((high - low) / levels);
      const zero = scale === 0 ? 0 : Math.min(levels, Math.max(0, Math.round(-low / scale)));
      scales[row * blocks + block] = scale;
      if (bits === 4) zeroPoints[row * zeroRow + (block >> 1)]! |= zero << ((block & 1) * 4);
      else zeroPoints[row * zeroRow + block] = zero;
      const target = (row * blocks + block) * bytesPerBlock;
      for (let i = 0; i < blockSize; i++) {
        const w = i < length ? weight[first + i]! : 0;
        const q = scale === 0 ? 0 : Math.min(levels, Math.max(0, Math.round(w / scale) + zero));
        if (bits === 4) values[target + (i >> 1)]! |= q << ((i & 1) * 4);
        else values[target + i] = q;
      }
    }
  }
  return { values, scales, zeroPoints };
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
