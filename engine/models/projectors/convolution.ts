import type { Ops } from '../../nn/ops.ts';
import type { Weights } from '../../nn/weights.ts';
import { average } from './average.ts';

const eps = 1e-5;

/**
 * C-Abstractor (Cha et al. 2024, Honeybee; the reference's ConvolutionalProjector): RegNet blocks, average pooling of
 * every frame to side × side, RegNet blocks. x [F, H, W, C] -> [F, side, side, hidden], channels last throughout.
 * Weights: `convolution_pooling.{0,2}.b1…`, timm's names; the number of blocks is what the checkpoint has.
 */
export function convolution<V>(nn: Ops<V>, x: V, side: number, weights: Weights): V {
  const before = stage(nn, x, 'convolution_pooling.0', weights);
  return stage(nn, average(nn, before, null, side), 'convolution_pooling.2', weights);
}

function stage<V>(nn: Ops<V>, x: V, name: string, weights: Weights): V {
  let y = x;
  for (let block = 1; nn.has(`${name}.b${block}.conv1.conv.weight`); block++) {
    y = bottleneck(nn, y, `${name}.b${block}`, weights);
  }
  return y;
}

/** timm/models/regnet.py `Bottleneck` with layer norm, SiLU and squeeze-and-excitation. */
function bottleneck<V>(nn: Ops<V>, x: V, name: string, weights: Weights): V {
  const pointwise = (y: V, conv: string) =>
    nn.layerNorm(nn.linear(y, `${name}.${conv}.conv`), `${name}.${conv}.bn`, eps);
  let y = nn.silu(pointwise(x, 'conv1'));
  y = nn.silu(nn.layerNorm(groupedConv(nn, y, `${name}.conv2.conv`, weights), `${name}.conv2.bn`, eps));
  y = pointwise(squeezeExcite(nn, y, `${name}.se`), 'conv3');
  const shortcut = nn.has(`${name}.downsample.conv.weight`) ? pointwise(x, 'downsample') : x;
  return nn.silu(nn.add(y, shortcut));
}

/** 3 × 3, as many groups as the weight's shape says. */
function groupedConv<V>(nn: Ops<V>, x: V, name: string, weights: Weights): V {
  const [channels, perGroup] = weights.tensors.get(`${name}.weight`)!.shape as [number, number];
  const options = { stride: [1, 1], padding: [1, 1, 1, 1], groups: channels / perGroup };
  return nn.permute(nn.conv(nn.permute(x, [0, 3, 1, 2]), name, options), [0, 2, 3, 1]);
}

function squeezeExcite<V>(nn: Ops<V>, x: V, name: string): V {
  const squeezed = nn.silu(nn.linear(nn.mean(x, [1, 2]), `${name}.fc1`));
  const gate = nn.sigmoid(nn.linear(squeezed, `${name}.fc2`));
  return nn.mul(x, nn.splitAxis(gate, 0, [-1, 1, 1]));
}
