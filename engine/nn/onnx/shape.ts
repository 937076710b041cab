import type { Dimension, GraphValue, GraphWriter } from './graph.ts';

/** Axis counted from the front. */
export function axisOf(x: GraphValue, axis: number): number {
  return axis < 0 ? axis + x.shape.length : axis;
}

export function product(dimensions: readonly Dimension[]): Dimension {
  const numbers = dimensions.filter((d): d is number => typeof d === 'number');
  const names = dimensions.filter((d) => typeof d === 'string');
  const known = numbers.reduce((a, b) => a * b, 1);
  if (names.length === 0) return known;
  return known === 1 ? names.join('*') : [...names, known].join('*');
}

/** Size of a broadcast of two tensors. */
export function broadcast(a: readonly Dimension[], b: readonly Dimension[]): Dimension[] {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, i) => {
    const x = a[a.length - length + i] ?? 1;
    const y = b[b.length - length + i] ?? 1;
    return x === 1 ? y : x;
  });
}

/** A reshape to a shape of which at most one dimension is unknown and not already at its place. */
export function reshape(writer: GraphWriter, x: GraphValue, shape: readonly Dimension[]): GraphValue {
  const target = shape.map((d, i) => (typeof d === 'number' ? d : x.shape[i] === d ? 0 : -1));
  if (target.filter((d) => d === -1).length > 1) {
    throw new Error(`reshape [${x.shape}] -> [${shape}]: more than one unknown size`);
  }
  return writer.node('Reshape', [x, writer.int64(target)], x.type, shape);
}

export function permute(writer: GraphWriter, x: GraphValue, order: readonly number[]): GraphValue {
  const shape = order.map((axis) => x.shape[axis]!);
  return writer.node('Transpose', [x], x.type, shape, { attributes: { perm: order } });
}

/** [B, T, heads·d] -> [B, heads, T, d] */
export function splitHeads(writer: GraphWriter, x: GraphValue, heads: number): GraphValue {
  const [batch, length, width] = x.shape as [Dimension, Dimension, number];
  return permute(writer, reshape(writer, x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** [B, heads, T, d] -> [B, T, heads·d] */
export function mergeHeads(writer: GraphWriter, x: GraphValue): GraphValue {
  const [batch, heads, length, width] = x.shape as [Dimension, number, Dimension, number];
  return reshape(writer, permute(writer, x, [0, 2, 1, 3]), [batch, length, heads * width]);
}

/** Length of one axis, int64 [1]. */
export function sizeOf(writer: GraphWriter, x: GraphValue, axis: number): GraphValue {
  return writer.node('Shape', [x], 'int64', [1], { attributes: { start: axis, end: axis + 1 } });
}

/** Several pieces of the last axis. */
export function splitLast(writer: GraphWriter, x: GraphValue, sizes: readonly number[]): GraphValue[] {
  const lead = x.shape.slice(0, -1);
  const outputs = sizes.map((size) => ({ type: x.type, shape: [...lead, size] }));
  return writer.split('Split', [x, writer.int64(sizes)], outputs, { attributes: { axis: -1 } });
}
