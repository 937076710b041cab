import type { Ops } from '../../nn/ops.ts';

/**
 * Adaptive average pooling of frames and grid; a box's mean is the mean over its axes one after the other. `frames` null
 * leaves the frames alone. x [F, H, W, C] -> [frames, side, side, C]. No weights.
 */
export function average<V>(nn: Ops<V>, x: V, frames: number | null, side: number): V {
  const smaller = nn.averagePool(nn.averagePool(x, 2, side), 1, side);
  return frames === null ? smaller : nn.averagePool(smaller, 0, frames);
}
