import type { Ops } from '../../nn/ops.ts';
import { average } from './average.ts';

/**
 * The reference's Convolutional3DProjector: a 3 × 3 × 3 convolution over frames and grid, then average pooling.
 * x [F, H, W, C] -> [frames, side, side, hidden]. Weight: `convolution_pooling.0`.
 */
export function convolution3d<V>(nn: Ops<V>, x: V, frames: number, side: number): V {
  const channelsFirst = nn.splitAxis(nn.permute(x, [3, 0, 1, 2]), 0, [1, -1]);
  const options = { stride: [1, 1, 1], padding: [1, 1, 1, 1, 1, 1] };
  const convolved = nn.mergeAxes(nn.conv(channelsFirst, 'convolution_pooling.0', options), 0, 2);
  return average(nn, nn.permute(convolved, [1, 2, 3, 0]), frames, side);
}
