import type { StoredType } from './tensor-source.ts';

interface Layout {
  /** Bytes of one block. */
  readonly bytes: number;
  /** Elements in one block; 1 for plain types. */
  readonly elements: number;
}

/** How each stored type lies in a file. Block sizes: ggml-common.h (block_q4_0 … block_q6_K). */
export const layouts: Readonly<Record<StoredType, Layout>> = {
  F64: { bytes: 8, elements: 1 },
  F32: { bytes: 4, elements: 1 },
  F16: { bytes: 2, elements: 1 },
  BF16: { bytes: 2, elements: 1 },
  I64: { bytes: 8, elements: 1 },
  I32: { bytes: 4, elements: 1 },
  I16: { bytes: 2, elements: 1 },
  I8: { bytes: 1, elements: 1 },
  U8: { bytes: 1, elements: 1 },
  BOOL: { bytes: 1, elements: 1 },
  Q4_0: { bytes: 18, elements: 32 },
  Q4_1: { bytes: 20, elements: 32 },
  Q5_0: { bytes: 22, elements: 32 },
  Q5_1: { bytes: 24, elements: 32 },
  Q8_0: { bytes: 34, elements: 32 },
  Q4_K: { bytes: 144, elements: 256 },
  Q5_K: { bytes: 176, elements: 256 },
  Q6_K: { bytes: 210, elements: 256 },
};

const mostDimensions = 64;

/**
 * Number of elements of a shape read from a file; 1 for []. Null when a dimension is not a whole number from 0
 * up, the product is not exact in a double or there are more dimensions than PyTorch allows.
 */
export function elementCount(shape: readonly unknown[]): number | null {
  if (shape.length > mostDimensions) return null;
  let count = 1;
  for (const dimension of shape) {
    if (typeof dimension !== 'number' || !Number.isSafeInteger(dimension) || dimension < 0) return null;
    count *= dimension;
  }
  return Number.isSafeInteger(count) ? count : null;
}
