import type { FeatureShape, Projector } from '../models/projectors/projector.ts';

/**
 * What is kept of a frozen encoder's features for training: pooled where the projector's pooling has no weights, since
 * that never changes; whole otherwise. `shape` is of the features, the result of what is kept. A projector takes either.
 */
export function keptShape(shape: FeatureShape, projector: Projector): FeatureShape {
  return projector.kind === 'average' ? [projector.frames, projector.side ** 2, shape[2]] : shape;
}

/** features [frames, tokens, width], tokens a square -> [projector.frames, side², width], or the same array. */
export function keptFeatures(
  features: Float32Array,
  shape: FeatureShape,
  projector: Projector,
): Float32Array {
  if (projector.kind !== 'average') return features;
  const [frames, tokens, width] = shape;
  const side = Math.sqrt(tokens);
  const columns = alongAxis(features, frames * side, side, width, projector.side);
  const rows = alongAxis(columns, frames, side, projector.side * width, projector.side);
  return alongAxis(rows, 1, frames, projector.side ** 2 * width, projector.frames);
}

/** PyTorch's adaptive average pooling of one axis: values [lead, size, rest] -> [lead, to, rest]. */
function alongAxis(values: Float32Array, lead: number, size: number, rest: number, to: number): Float32Array {
  if (size === to) return values;
  const pooled = new Float32Array(lead * to * rest);
  for (let outer = 0; outer < lead; outer++) {
    for (let i = 0; i < to; i++) {
      const [first, end] = [Math.floor((i * size) / to), Math.ceil(((i + 1) * size) / to)];
      for (let inner = 0; inner < rest; inner++) {
        let sum = 0;
        for (let at = first; at < end; at++) sum += values[(outer * size + at) * rest + inner]!;
        pooled[(outer * to + i) * rest + inner] = sum / (end - first);
      }
    }
  }
  return pooled;
}
