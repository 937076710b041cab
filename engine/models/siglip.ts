import * as z from 'zod';
import { readConfig, shapeOf } from './checkpoint.ts';
import type { EncoderFamily } from './encoder.ts';
import { vitBlock } from './vit-block.ts';

const family = 'SigLIP';

/** timm's config.json beside the weights. */
const configSchema = z.object({
  architecture: z.string(),
  model_args: z.object({ num_heads: z.number().int().optional() }).default({}),
});

/** Heads per architecture where they are not width / 64. */
const headsOf: Readonly<Record<string, number>> = { vit_so400m_patch14_siglip: 16 };

/**
 * SigLIP's vision tower (Zhai et al. 2023) with timm's weight names (`visual.trunk.` removed). The reference takes the
 * output of the last but one block, without the final norm and the attention pool
 * (merv/models/backbones/video/siglip.py).
 */
export const siglip: EncoderFamily = (json, weights) => {
  const config = readConfig(family, configSchema, json);
  const [, tokens, width] = shapeOf(family, weights, 'pos_embed') as [number, number, number];
  const patch = shapeOf(family, weights, 'patch_embed.proj.weight')[2]!;
  const depth = [...weights.tensors.keys()].filter((name) =>
    /^blocks\.\d+\.norm1\.weight$/.test(name),
  ).length;
  const known = Object.entries(headsOf).find(([prefix]) => config.architecture.startsWith(prefix))?.[1];
  const heads = config.model_args.num_heads ?? known ?? width / 64;
  return {
    spec: {
      size: Math.sqrt(tokens) * patch,
      filter: 'bicubic',
      normalisation: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
      framesPerStep: 1,
      tokens,
      width,
      clipFrames: null,
    },
    build(nn, pixels) {
      const patches = nn.conv(pixels, 'patch_embed.proj', { stride: [patch, patch], padding: [0, 0, 0, 0] });
      let x = nn.permute(nn.mergeAxes(patches, 2, 2), [0, 2, 1]);
      x = nn.add(x, nn.parameter('pos_embed'));
      for (let block = 0; block < depth - 1; block++) x = vitBlock(nn, `blocks.${block}`, x, heads);
      return x;
    },
  };
};
