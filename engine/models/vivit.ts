import * as z from 'zod';
import type { Ops } from '../nn/ops.ts';
import { geluKind } from './activation.ts';
import { readConfig, shapeOf, unsupported } from './checkpoint.ts';
import type { EncoderFamily } from './encoder.ts';

const family = 'ViViT';

/** The configuration of transformers' VivitModel. */
const configSchema = z.object({
  image_size: z.number().int(),
  num_frames: z.number().int(),
  tubelet_size: z.tuple([z.number().int(), z.number().int(), z.number().int()]),
  num_attention_heads: z.number().int(),
  num_hidden_layers: z.number().int(),
  layer_norm_eps: z.number(),
  hidden_act: z.string(),
});

/**
 * ViViT's model of joint space-time attention (Arnab et al. 2021) with transformers' weight names, `vivit.` removed: all tubelets
 * of a clip attend to each other. The reference takes the last layer after the final norm and drops the class token
 * (merv/models/backbones/video/vivit.py); a step is one tubelet of frames.
 */
export const vivit: EncoderFamily = (json, weights) => {
  const config = readConfig(family, configSchema, json);
  const { image_size: size, num_frames: frames, num_attention_heads: heads, layer_norm_eps: eps } = config;
  const [depth, down, across] = config.tubelet_size;
  const gelu = geluKind(family, config.hidden_act);
  const [, places, width] = shapeOf(family, weights, 'embeddings.position_embeddings') as [
    number,
    number,
    number,
  ];
  const steps = frames / depth;
  const tokens = (size / down) * (size / across);
  if (places !== steps * tokens + 1) {
    throw unsupported(
      family,
      `its position embedding has ${places} places for ${steps} × ${tokens} tubelets`,
    );
  }

  /** transformers/models/vivit/modeling_vivit.py `VivitLayer`. */
  const layer = <V>(nn: Ops<V>, name: string, x: V): V => {
    const normed = nn.layerNorm(x, `${name}.layernorm_before`, eps);
    const of = (part: string) => `${name}.attention.attention.${part}`;
    const [q, k, v] = nn.linears(normed, [of('query'), of('key'), of('value')]);
    const attended = nn.attention(q!, k!, v!, { heads, kvHeads: heads, causal: false });
    const y = nn.add(x, nn.linear(attended, `${name}.attention.output.dense`));
    const inner = nn.linear(nn.layerNorm(y, `${name}.layernorm_after`, eps), `${name}.intermediate.dense`);
    return nn.add(y, nn.linear(nn.gelu(inner, gelu), `${name}.output.dense`));
  };

  return {
    spec: {
      size,
      filter: 'bilinear',
      // The checkpoint's preprocessor_config.json: shortest_edge, image_mean, image_std.
      shortSide: 256,
      normalisation: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
      framesPerStep: depth,
      tokens,
      width,
      clipFrames: frames,
    },
    build(nn, pixels) {
      const clips = nn.permute(nn.splitAxis(pixels, 0, [-1, frames]), [0, 2, 1, 3, 4]);
      const tubelets = nn.conv(clips, 'embeddings.patch_embeddings.projection', {
        stride: config.tubelet_size,
        padding: [0, 0, 0, 0, 0, 0],
      });
      const embedded = nn.permute(nn.mergeAxes(tubelets, 2, 3), [0, 2, 1]);
      const cls = nn.expandLike(nn.parameter('embeddings.cls_token'), 0, embedded);
      let x = nn.add(nn.concat([cls, embedded], 1), nn.parameter('embeddings.position_embeddings'));
      for (let i = 0; i < config.num_hidden_layers; i++) x = layer(nn, `encoder.layer.${i}`, x);
      const features = nn.slice(nn.layerNorm(x, 'layernorm', eps), 1, 1, null);
      return nn.mergeAxes(nn.splitAxis(features, 1, [steps, tokens]), 0, 2);
    },
  };
};
