import * as z from 'zod';
import type { Weights } from '../nn/weights.ts';
import { readConfig, shapeOf, unsupported } from './checkpoint.ts';
import type { EncoderFamily } from './encoder.ts';
import { resampleGrid } from './resample-grid.ts';
import { vitBlock } from './vit-block.ts';

const family = 'DINOv2';
/** The reference runs it at this size whatever size it was trained at. */
const size = 224;
const positions = 'pos_embed';

/** timm's config.json beside the weights. */
const configSchema = z.object({
  model_args: z.object({ num_heads: z.number().int().optional() }).optional(),
});

/** The checkpoint with its position embedding fitted to 224 pixels, as timm does when it loads the weights. */
export function dinov2Weights(source: Weights): Weights {
  const [, stored, width] = shapeOf(family, source, positions) as [number, number, number];
  const from = Math.sqrt(stored);
  const to = size / shapeOf(family, source, 'patch_embed.proj.weight')[2]!;
  if (!Number.isInteger(from) || !Number.isInteger(to)) {
    throw unsupported(family, `its position embedding has ${stored} places`);
  }
  if (from === to) return source;
  return {
    tensors: new Map([...source.tensors, [positions, { shape: [1, to * to, width] }]]),
    read: async (name) =>
      name === positions ? resampleGrid(await source.read(name), from, to) : source.read(name),
  };
}

/**
 * DINOv2 with registers (Oquab et al. 2023, Darcet et al. 2023) with timm's weight names, as `dinov2Weights` gives
 * them. The reference takes the output of the last but one block, without the final norm, and drops the class token
 * and the registers (merv/models/backbones/video/dinov2_video.py).
 */
export const dinov2: EncoderFamily = (json, weights) => {
  const config = readConfig(family, configSchema, json);
  const [, tokens, width] = shapeOf(family, weights, positions) as [number, number, number];
  const patch = shapeOf(family, weights, 'patch_embed.proj.weight')[2]!;
  const registers = shapeOf(family, weights, 'reg_token')[1]!;
  const depth = [...weights.tensors.keys()].filter((name) =>
    /^blocks\.\d+\.norm1\.weight$/.test(name),
  ).length;
  const heads = config.model_args?.num_heads ?? width / 64;
  return {
    spec: {
      size: Math.sqrt(tokens) * patch,
      filter: 'bicubic',
      normalisation: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
      framesPerStep: 1,
      tokens,
      width,
      clipFrames: null,
    },
    build(nn, pixels) {
      const conv = nn.conv(pixels, 'patch_embed.proj', { stride: [patch, patch], padding: [0, 0, 0, 0] });
      const patches = nn.permute(nn.mergeAxes(conv, 2, 2), [0, 2, 1]);
      const prefix = nn.concat([nn.parameter('cls_token'), nn.parameter('reg_token')], 1);
      // Only patches have a position.
      const placed = nn.add(patches, nn.parameter(positions));
      let x = nn.concat([nn.expandLike(prefix, 0, patches), placed], 1);
      for (let block = 0; block < depth - 1; block++) x = vitBlock(nn, `blocks.${block}`, x, heads);
      return nn.slice(x, 1, 1 + registers, null);
    },
  };
};
