import * as z from 'zod';
import type { Ops } from '../nn/ops.ts';
import { geluKind } from './activation.ts';
import { readConfig, shapeOf, unsupported } from './checkpoint.ts';
import type { EncoderFamily } from './encoder.ts';

const family = 'LanguageBind';

const configSchema = z.object({
  vision_config: z.object({
    image_size: z.number().int(),
    num_frames: z.number().int(),
    num_attention_heads: z.number().int(),
    num_hidden_layers: z.number().int(),
    layer_norm_eps: z.number(),
    hidden_act: z.string(),
    add_time_attn: z.boolean(),
  }),
});

/**
 * LanguageBind's video tower (Zhu et al. 2023) with the checkpoint's names, `vision_model.` removed: CLIP's layers,
 * each with attention over time before the one over space. Time is cut into groups of `num_frames`, which never see
 * each other. The reference takes the output of the last but one layer and drops the class token
 * (merv/models/backbones/video/languagebind).
 */
export const languagebind: EncoderFamily = (json, weights) => {
  const { vision_config: config } = readConfig(family, configSchema, json);
  const { num_frames: group, num_attention_heads: heads, layer_norm_eps: eps } = config;
  if (!config.add_time_attn) throw unsupported(family, 'it has no attention over time');
  const gelu = geluKind(family, config.hidden_act);
  const [places, width] = shapeOf(family, weights, 'embeddings.position_embedding.weight') as [
    number,
    number,
  ];
  const patch = shapeOf(family, weights, 'embeddings.patch_embedding.weight')[2]!;

  /** x [B, N, D] -> [B, N, D], without norm and residual. */
  const attend = <V>(nn: Ops<V>, name: string, x: V): V => {
    const [q, k, v] = nn.linears(x, [`${name}.q_proj`, `${name}.k_proj`, `${name}.v_proj`]);
    const attended = nn.attention(q!, k!, v!, { heads, kvHeads: heads, causal: false });
    return nn.linear(attended, `${name}.out_proj`);
  };

  /** x [F, N, D] -> [F, N, D]: every place in the picture attends along its group of frames. */
  const alongTime = <V>(nn: Ops<V>, name: string, x: V): V => {
    const apart = nn.permute(nn.splitAxis(x, 0, [-1, group]), [0, 2, 1, 3]);
    const placed = nn.add(nn.mergeAxes(apart, 0, 2), nn.parameter(`${name}.temporal_embedding`));
    const normed = nn.layerNorm(placed, `${name}.temporal_layer_norm1`, eps);
    const y = nn.add(placed, attend(nn, `${name}.temporal_attn`, normed));
    return nn.mergeAxes(nn.permute(nn.splitAxis(y, 0, [-1, places]), [0, 2, 1, 3]), 0, 2);
  };

  const layer = <V>(nn: Ops<V>, name: string, x: V): V => {
    const timed = alongTime(nn, name, x);
    const y = nn.add(timed, attend(nn, `${name}.self_attn`, nn.layerNorm(timed, `${name}.layer_norm1`, eps)));
    const inner = nn.gelu(nn.linear(nn.layerNorm(y, `${name}.layer_norm2`, eps), `${name}.mlp.fc1`), gelu);
    return nn.add(y, nn.linear(inner, `${name}.mlp.fc2`));
  };

  return {
    spec: {
      size: config.image_size,
      filter: 'float-bilinear',
      normalisation: {
        mean: [0.48145466, 0.4578275, 0.40821073],
        std: [0.26862954, 0.26130258, 0.27577711],
      },
      framesPerStep: 1,
      tokens: places - 1,
      width,
      clipFrames: group,
    },
    build(nn, pixels) {
      const conv = nn.conv(pixels, 'embeddings.patch_embedding', {
        stride: [patch, patch],
        padding: [0, 0, 0, 0],
      });
      const patches = nn.permute(nn.mergeAxes(conv, 2, 2), [0, 2, 1]);
      const cls = nn.splitAxis(nn.parameter('embeddings.class_embedding'), 0, [1, 1, width]);
      const tokens = nn.concat([nn.expandLike(cls, 0, patches), patches], 1);
      let x = nn.add(tokens, nn.parameter('embeddings.position_embedding.weight'));
      x = nn.layerNorm(x, 'pre_layrnorm', eps);
      for (let i = 0; i < config.num_hidden_layers - 1; i++) x = layer(nn, `encoder.layers.${i}`, x);
      return nn.slice(x, 1, 1, null);
    },
  };
};
