import * as z from 'zod';
import type { Ops } from '../nn/ops.ts';
import type { EncoderFamily } from './encoder.ts';

const configSchema = z.object({ depth: z.number(), size: z.number().int() });

/** Repeats, kernel and stride of the seven stages (Tan & Le 2019, table 1; the lite variants share them). */
const stages = [
  { repeats: 1, kernel: 3, stride: 1 },
  { repeats: 2, kernel: 3, stride: 2 },
  { repeats: 2, kernel: 5, stride: 2 },
  { repeats: 3, kernel: 3, stride: 2 },
  { repeats: 3, kernel: 5, stride: 1 },
  { repeats: 4, kernel: 5, stride: 2 },
  { repeats: 1, kernel: 3, stride: 1 },
] as const;

const eps = 1e-3;

/** TensorFlow's SAME padding of one axis pair: what is missing to ceil(size / stride), the smaller half in front. */
function samePadding(size: number, kernel: number, stride: number): readonly number[] {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  const before = Math.floor(total / 2);
  return [before, before, total - before, total - before];
}

/**
 * EfficientNet-Lite (no squeeze-and-excitation, ReLU6), a classifier of ImageNet's 1000 labels, with the weight names
 * of the efficientnet-lite-pytorch package. Features are the class logits: [F, 1, 1000].
 */
export const efficientnetLite: EncoderFamily = (json, weights) => {
  const { depth, size } = configSchema.parse(json);
  const classes = weights.tensors.get('_fc.weight')!.shape[0]!;
  return {
    spec: {
      size,
      filter: 'bicubic',
      normalisation: { mean: [127 / 255, 127 / 255, 127 / 255], std: [128 / 255, 128 / 255, 128 / 255] },
      framesPerStep: 1,
      tokens: 1,
      width: classes,
      clipFrames: null,
    },
    build<V>(nn: Ops<V>, pixels: V): V {
      let side = size;
      const conv = (x: V, name: string, norm: string, kernel: number, stride: number, groups = 1): V => {
        const padding = samePadding(side, kernel, stride);
        side = Math.ceil(side / stride);
        return nn.batchNorm(nn.conv(x, name, { stride: [stride, stride], padding, groups }), norm, eps);
      };
      let x = nn.relu6(conv(pixels, '_conv_stem', '_bn0', 3, 2));
      let index = 0;
      for (const [stage, { repeats, kernel, stride: first }] of stages.entries()) {
        // The first and last stage are not deepened in the lite variants.
        const scaled = stage === 0 || stage === stages.length - 1 ? repeats : Math.ceil(repeats * depth);
        for (let repeat = 0; repeat < scaled; repeat++, index++) {
          const block = `_blocks.${index}`;
          const stride = repeat === 0 ? first : 1;
          const expands = nn.has(`${block}._expand_conv.weight`);
          let y = expands ? nn.relu6(conv(x, `${block}._expand_conv`, `${block}._bn0`, 1, 1)) : x;
          const groups = weights.tensors.get(`${block}._depthwise_conv.weight`)!.shape[0]!;
          y = nn.relu6(conv(y, `${block}._depthwise_conv`, `${block}._bn1`, kernel, stride, groups));
          y = conv(y, `${block}._project_conv`, `${block}._bn2`, 1, 1);
          x = repeat === 0 ? y : nn.add(x, y);
        }
      }
      x = nn.relu6(conv(x, '_conv_head', '_bn1', 1, 1));
      return nn.splitAxis(nn.linear(nn.mean(x, [2, 3]), '_fc'), 0, [-1, 1]);
    },
  };
};
