import type { Encoder } from '../../engine/models/encoder.ts';
import { encoderOf } from '../../engine/models/encoder-families.ts';
import { writeEncoder } from '../../engine/models/write-graphs.ts';
import type { LinearPrecision } from '../../engine/nn/precision.ts';
import { keptGraph } from './places.ts';
import { randomSource, type Shapes } from './random-weights.ts';

/** An encoder of the reference at its real size. Its weights are random: times do not depend on them. */
export interface RealEncoder {
  /** The reference's id. */
  readonly id: string;
  readonly title: string;
  /** As peers/torch_encoders.py calls it. */
  readonly network: string;
  /** Frames of one call. */
  readonly frames: number;
  readonly config: unknown;
  readonly shapes: Shapes;
}

const layer = (shapes: Shapes, name: string, shape: readonly number[]): void => {
  shapes.set(`${name}.weight`, shape).set(`${name}.bias`, [shape[0]!]);
};

/** timm's blocks. */
function vitShapes(depth: number, width: number, patch: number, layerScale: boolean): Shapes {
  const shapes: Shapes = new Map();
  layer(shapes, 'patch_embed.proj', [width, 3, patch, patch]);
  for (let i = 0; i < depth; i++) {
    const at = `blocks.${i}`;
    layer(shapes, `${at}.norm1`, [width]);
    layer(shapes, `${at}.attn.qkv`, [3 * width, width]);
    layer(shapes, `${at}.attn.proj`, [width, width]);
    layer(shapes, `${at}.norm2`, [width]);
    layer(shapes, `${at}.mlp.fc1`, [4 * width, width]);
    layer(shapes, `${at}.mlp.fc2`, [width, 4 * width]);
    if (layerScale) shapes.set(`${at}.ls1.gamma`, [width]).set(`${at}.ls2.gamma`, [width]);
  }
  return shapes;
}

function vivitShapes(): Shapes {
  const shapes: Shapes = new Map();
  shapes.set('embeddings.cls_token', [1, 1, 768]).set('embeddings.position_embeddings', [1, 3137, 768]);
  layer(shapes, 'embeddings.patch_embeddings.projection', [768, 3, 2, 16, 16]);
  for (let i = 0; i < 12; i++) {
    const at = `encoder.layer.${i}`;
    layer(shapes, `${at}.layernorm_before`, [768]);
    for (const part of ['query', 'key', 'value'])
      layer(shapes, `${at}.attention.attention.${part}`, [768, 768]);
    layer(shapes, `${at}.attention.output.dense`, [768, 768]);
    layer(shapes, `${at}.layernorm_after`, [768]);
    layer(shapes, `${at}.intermediate.dense`, [3072, 768]);
    layer(shapes, `${at}.output.dense`, [768, 3072]);
  }
  layer(shapes, 'layernorm', [768]);
  return shapes;
}

function languageBindShapes(): Shapes {
  const [width, hidden] = [1024, 4096];
  const shapes: Shapes = new Map();
  shapes.set('embeddings.class_embedding', [width]);
  shapes.set('embeddings.patch_embedding.weight', [width, 3, 14, 14]);
  shapes.set('embeddings.position_embedding.weight', [257, width]);
  layer(shapes, 'pre_layrnorm', [width]);
  for (let i = 0; i < 24; i++) {
    const at = `encoder.layers.${i}`;
    shapes.set(`${at}.temporal_embedding`, [1, 8, width]);
    for (const norm of ['temporal_layer_norm1', 'layer_norm1', 'layer_norm2'])
      layer(shapes, `${at}.${norm}`, [width]);
    for (const attention of ['temporal_attn', 'self_attn'])
      for (const part of ['q_proj', 'k_proj', 'v_proj', 'out_proj'])
        layer(shapes, `${at}.${attention}.${part}`, [width, width]);
    layer(shapes, `${at}.mlp.fc1`, [hidden, width]);
    layer(shapes, `${at}.mlp.fc2`, [width, hidden]);
  }
  return shapes;
}

const hieraConfig = {
  ...{ embed_dim: 112, num_heads: 2, stages: [2, 3, 16, 3], q_pool: 3, q_stride: [1, 2, 2] },
  ...{ input_size: [16, 224, 224], mask_unit_size: [1, 8, 8], sep_pos_embed: true },
  ...{ patch_kernel: [3, 7, 7], patch_stride: [2, 4, 4], patch_padding: [1, 3, 3] },
};

function hieraShapes(): Shapes {
  const shapes: Shapes = new Map();
  let width = hieraConfig.embed_dim;
  layer(shapes, 'patch_embed.proj', [width, 3, 3, 7, 7]);
  shapes.set('pos_embed_spatial', [1, 56 * 56, width]).set('pos_embed_temporal', [1, 8, width]);
  let block = 0;
  for (const [stage, count] of hieraConfig.stages.entries()) {
    for (let i = 0; i < count; i++, block++) {
      const at = `blocks.${block}`;
      const from = width;
      if (stage > 0 && i === 0) {
        width *= 2;
        layer(shapes, `${at}.proj`, [width, from]);
      }
      layer(shapes, `${at}.norm1`, [from]);
      layer(shapes, `${at}.attn.qkv`, [3 * width, from]);
      layer(shapes, `${at}.attn.proj`, [width, width]);
      layer(shapes, `${at}.norm2`, [width]);
      layer(shapes, `${at}.mlp.fc1`, [4 * width, width]);
      layer(shapes, `${at}.mlp.fc2`, [width, 4 * width]);
    }
  }
  return shapes;
}

export const realEncoders: readonly RealEncoder[] = [
  {
    id: 'siglip-vit-b16-224px-all-no-cls',
    title: 'SigLIP ViT-B/16',
    network: 'siglip',
    frames: 4,
    config: { architecture: 'vit_base_patch16_siglip_224' },
    shapes: vitShapes(12, 768, 16, false).set('pos_embed', [1, 196, 768]),
  },
  {
    id: 'dinov2-video-all-tokens',
    title: 'DINOv2 ViT-L/14, registers',
    network: 'dinov2',
    frames: 2,
    config: { architecture: 'vit_large_patch14_reg4_dinov2' },
    shapes: vitShapes(24, 1024, 14, true)
      .set('pos_embed', [1, 256, 1024])
      .set('cls_token', [1, 1, 1024])
      .set('reg_token', [1, 4, 1024]),
  },
  {
    id: 'hiera-base-plus-video',
    title: 'Hiera-B+ 16×224',
    network: 'hiera',
    frames: 16,
    config: hieraConfig,
    shapes: hieraShapes(),
  },
  {
    id: 'vivit-google-b-all-no-cls-16frames',
    title: 'ViViT-B 32×224',
    network: 'vivit',
    frames: 32,
    config: {
      ...{ image_size: 224, num_frames: 32, tubelet_size: [2, 16, 16], num_attention_heads: 12 },
      ...{ num_hidden_layers: 12, layer_norm_eps: 1e-6, hidden_act: 'gelu_fast' },
    },
    shapes: vivitShapes(),
  },
  {
    id: 'languagebind-video-noclass',
    title: 'LanguageBind-Video ViT-L/14',
    network: 'languagebind',
    frames: 8,
    config: {
      vision_config: {
        ...{ image_size: 224, num_frames: 8, num_attention_heads: 16, num_hidden_layers: 24 },
        ...{ layer_norm_eps: 1e-5, hidden_act: 'gelu', add_time_attn: true },
      },
    },
    shapes: languageBindShapes(),
  },
];

export function realEncoder(network: string): RealEncoder {
  const real = realEncoders.find((each) => each.network === network);
  if (real === undefined) throw new Error(`no encoder ${network}`);
  return real;
}

/** Its graph, written once. */
export async function realGraph(
  real: RealEncoder,
  precision: LinearPrecision,
): Promise<{ readonly file: string; readonly encoder: Encoder }> {
  const { encoder, weights } = encoderOf(real.id, real.config, randomSource(real.shapes));
  const file = await keptGraph(`${real.network}-${precision}`, (target) =>
    writeEncoder(target, encoder, weights, { precision }),
  );
  return { file, encoder };
}
