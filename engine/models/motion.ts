import * as z from 'zod';
import type { Ops } from '../nn/ops.ts';
import type { EncoderFamily } from './encoder.ts';

const configSchema = z.object({
  size: z.number().int().positive(),
  /** Values of each attribute. */
  attributes: z.array(z.number().int().positive()).min(1),
});

/** Frames that are looked at together. */
export const motionFrames = 6;
const eps = 1e-6;
/** Stands where an attribute's token has no value: nothing after a softmax. */
const never = -1e4;

/**
 * A small classifier of what changes in a clip. Two stacks of convolutions of stride two with layer norms over the channels (as in
 * ConvNeXt, Liu et al. 2022): `stages` sees six frames as the channels of one picture, `still` the one in the middle alone. Mean and
 * maximum over the places of both, one linear layer. Features are a token an attribute, logits of its values among those of all:
 * [F / 6, attributes, values]. Weights, made by build/scripts/train-starter: `<stack>.<i>.conv.weight`, `<stack>.<i>.norm`, `head`.
 */
export const motion: EncoderFamily = (json, weights) => {
  const { size, attributes } = configSchema.parse(json);
  const values = attributes.reduce((sum, count) => sum + count, 0);
  const mask = attributes.flatMap((count, i) => {
    const from = attributes.slice(0, i).reduce((sum, before) => sum + before, 0);
    return Array.from({ length: values }, (_, at) => (at >= from && at < from + count ? 0 : never));
  });
  /** [N, C, H, W] -> [N, 2 · C']: mean and maximum over the places. */
  function stack<V>(nn: Ops<V>, pixels: V, name: string): V {
    let x = pixels;
    for (let stage = 0; nn.has(`${name}.${stage}.conv.weight`); stage++) {
      const side = weights.tensors.get(`${name}.${stage}.conv.weight`)!.shape[2]!;
      const around = (side - 1) / 2;
      const padding = [around, around, around, around];
      const y = nn.conv(x, `${name}.${stage}.conv`, { stride: [2, 2], padding });
      const normed = nn.layerNorm(nn.permute(y, [0, 2, 3, 1]), `${name}.${stage}.norm`, eps);
      x = nn.permute(nn.gelu(normed, 'tanh'), [0, 3, 1, 2]);
    }
    const places = nn.mergeAxes(x, 2, 2);
    return nn.concat([nn.mean(places, [2]), nn.max(places, 2)], 1);
  }
  return {
    spec: {
      size,
      filter: 'bicubic',
      normalisation: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
      framesPerStep: motionFrames,
      tokens: attributes.length,
      width: values,
      clipFrames: motionFrames,
    },
    build(nn, pixels) {
      const clips = nn.splitAxis(pixels, 0, [-1, motionFrames]);
      const one = nn.mergeAxes(nn.slice(clips, 1, motionFrames / 2, motionFrames / 2 + 1), 0, 2);
      const seen = [stack(nn, nn.mergeAxes(clips, 1, 2), 'stages'), stack(nn, one, 'still')];
      const logits = nn.linear(nn.concat(seen, 1), 'head');
      return nn.add(nn.splitAxis(logits, 0, [-1, 1]), nn.constant(mask, [attributes.length, values]));
    },
  };
};
