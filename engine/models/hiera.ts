import * as z from 'zod';
import type { Ops } from '../nn/ops.ts';
import { readConfig, shapeOf, unsupported } from './checkpoint.ts';
import type { EncoderFamily } from './encoder.ts';

const family = 'Hiera';
const eps = 1e-6;

const integers = z.array(z.number().int().positive());
const triple = z.tuple([z.number().int(), z.number().int(), z.number().int()]);

/** The arguments of hiera/hiera.py `Hiera`, with its defaults; a video model's have three axes: time, down, across. */
const configSchema = z.object({
  input_size: triple,
  num_heads: z.number().int().default(1),
  stages: integers,
  q_pool: z.number().int().default(3),
  q_stride: triple,
  mask_unit_size: triple,
  mask_unit_attn: z.array(z.boolean()).default([true, true, false, false]),
  head_mul: z.number().default(2),
  patch_stride: triple,
  patch_padding: triple,
  sep_pos_embed: z.boolean().default(false),
});

interface Block {
  readonly name: string;
  readonly heads: number;
  /** Queries of so many tokens become one. */
  readonly pool: number;
  /** Tokens of a mask unit after pooling, or null where all tokens of the clip attend to each other. */
  readonly unit: number | null;
  /** The first block of a stage: channels grow, and the residual takes the same way. */
  readonly projects: boolean;
}

const product = (values: readonly number[]) => values.reduce((a, b) => a * b, 1);

/** Which block pools and what attends to what: both change one block after a stage ends (hiera.py `Hiera`). */
function blocksOf(config: z.infer<typeof configSchema>): Block[] {
  const stride = product(config.q_stride);
  const blocks: Block[] = [];
  let unit = product(config.mask_unit_size);
  let heads = config.num_heads;
  for (const [stage, count] of config.stages.entries()) {
    for (let i = 0; i < count; i++) {
      const first = stage > 0 && i === 0;
      const pools = first && stage <= config.q_pool;
      if (first) heads = Math.trunc(heads * config.head_mul);
      if (pools) unit = Math.trunc(unit / stride);
      const within = config.mask_unit_attn[first ? stage - 1 : stage] === true;
      blocks.push({
        name: `blocks.${blocks.length}`,
        heads,
        pool: pools ? stride : 1,
        unit: within ? unit : null,
        projects: first,
      });
    }
  }
  return blocks;
}

/** Tokens [B, pool·n, D] -> [B, n, D]: the order of `unroll` puts what is pooled `n` apart. */
function pooled<V>(nn: Ops<V>, x: V, pool: number): V {
  return pool === 1 ? x : nn.max(nn.splitAxis(x, 1, [pool, -1]), 1);
}

/** x [B, N, D] -> [B, N / pool, D'] (hiera.py `MaskUnitAttention`); `tokens` is N. */
function attend<V>(nn: Ops<V>, block: Block, x: V, tokens: number): V {
  const parts = nn.chunk(nn.linear(x, `${block.name}.attn.qkv`), 3);
  const units = block.unit === null ? 1 : tokens / (block.pool * block.unit);
  // A token's place in its unit is the outer axis, the unit the inner one.
  const grouped = (y: V) => nn.mergeAxes(nn.permute(nn.splitAxis(y, 1, [-1, units]), [0, 2, 1, 3]), 0, 2);
  const [q, k, v] = units === 1 ? parts : parts.map(grouped);
  const { heads } = block;
  const y = nn.attention(pooled(nn, q!, block.pool), k!, v!, { heads, kvHeads: heads, causal: false });
  const apart =
    units === 1 ? y : nn.mergeAxes(nn.permute(nn.splitAxis(y, 0, [-1, units]), [0, 2, 1, 3]), 1, 2);
  return nn.linear(apart, `${block.name}.attn.proj`);
}

/** hiera.py `HieraBlock`. */
function hieraBlock<V>(nn: Ops<V>, block: Block, x: V, tokens: number): V {
  const normed = nn.layerNorm(x, `${block.name}.norm1`, eps);
  const residual = block.projects ? pooled(nn, nn.linear(normed, `${block.name}.proj`), block.pool) : x;
  const y = nn.add(residual, attend(nn, block, normed, tokens));
  const hidden = nn.gelu(
    nn.linear(nn.layerNorm(y, `${block.name}.norm2`, eps), `${block.name}.mlp.fc1`),
    'erf',
  );
  return nn.add(y, nn.linear(hidden, `${block.name}.mlp.fc2`));
}

/** Every axis of a grid cut into its base and one digit a level, of which those of size 1 are left out. */
interface Digits {
  readonly sizes: readonly number[];
  /** Axes (0 is the first of the grid) of the digits, the last level first, then of the bases. */
  readonly unrolled: readonly number[];
}

function digitsOf(grid: readonly number[], stride: readonly number[], levels: number): Digits {
  const sizes: number[] = [];
  const bases: number[] = [];
  const digits: number[][] = Array.from({ length: levels }, () => []);
  for (const [axis, size] of grid.entries()) {
    bases.push(sizes.length);
    sizes.push(size / stride[axis]! ** levels);
    if (stride[axis] === 1) continue;
    for (let level = levels - 1; level >= 0; level--) {
      digits[level]!.push(sizes.length);
      sizes.push(stride[axis]!);
    }
  }
  return { sizes, unrolled: [...digits.flat(), ...bases] };
}

/**
 * [B, grid…, D] in spatial order -> [B, tokens, D] so that each pooling by `stride` takes neighbours in space from
 * equal parts of the token axis (hiera_utils.py `Unroll`).
 */
function unroll<V>(nn: Ops<V>, x: V, grid: readonly number[], stride: readonly number[], levels: number): V {
  const { sizes, unrolled } = digitsOf(grid, stride, levels);
  const apart = nn.splitAxis(nn.mergeAxes(x, 1, grid.length), 1, sizes);
  const order = [0, ...unrolled.map((axis) => axis + 1), sizes.length + 1];
  return nn.mergeAxes(nn.permute(apart, order), 1, sizes.length);
}

/** What is left of `unroll` when all but `levels` were pooled, undone: [B, tokens, D] in spatial order. */
function reroll<V>(nn: Ops<V>, x: V, grid: readonly number[], stride: readonly number[], levels: number): V {
  const { sizes, unrolled } = digitsOf(grid, stride, levels);
  const apart = nn.splitAxis(
    x,
    1,
    unrolled.map((axis) => sizes[axis]!),
  );
  const order = [0, ...sizes.map((_, axis) => unrolled.indexOf(axis) + 1), sizes.length + 1];
  return nn.mergeAxes(nn.permute(apart, order), 1, sizes.length);
}

/**
 * Hiera (Ryali et al. 2023) for video, with the hiera-transformer package's weight names. The reference cuts a clip
 * into groups of `input_size[0]` frames and takes the last stage's output in spatial order, before the head's norm
 * (merv/models/backbones/video/hiera.py); a step is what is left of time.
 */
export const hiera: EncoderFamily = (json, weights) => {
  const config = readConfig(family, configSchema, json);
  const { input_size: input, patch_stride: patch, q_stride: stride } = config;
  const grid = input.map((size, axis) => size / patch[axis]!);
  const levels = config.stages.length - 1;
  const left = grid.map((size, axis) => size / stride[axis]! ** config.q_pool);
  const [frames, size] = input;
  if (input[1] !== input[2] || config.q_pool > levels || !left.every(Number.isInteger)) {
    throw unsupported(family, `its input of ${input.join(' × ')} cannot be pooled`);
  }
  const blocks = blocksOf(config);
  const width = shapeOf(family, weights, `${blocks.at(-1)!.name}.mlp.fc2.weight`)[0]!;

  /** [tokens, D] added to every clip's tokens in spatial order. */
  const position = <V>(nn: Ops<V>): V => {
    if (!config.sep_pos_embed) return nn.parameter('pos_embed');
    const spatial = nn.splitAxis(nn.parameter('pos_embed_spatial'), 0, [1, 1]);
    const temporal = nn.permute(nn.splitAxis(nn.parameter('pos_embed_temporal'), 0, [1, 1]), [0, 2, 1, 3]);
    return nn.mergeAxes(nn.add(temporal, spatial), 1, 2);
  };

  return {
    spec: {
      size,
      filter: 'bilinear',
      shortSide: 256,
      normalisation: { mean: [0.45, 0.45, 0.45], std: [0.225, 0.225, 0.225] },
      framesPerStep: frames / left[0]!,
      tokens: left[1]! * left[2]!,
      width,
      clipFrames: frames,
    },
    build(nn, pixels) {
      const clips = nn.permute(nn.splitAxis(pixels, 0, [-1, frames]), [0, 2, 1, 3, 4]);
      const { patch_padding: padding } = config;
      const patches = nn.conv(clips, 'patch_embed.proj', {
        stride: patch,
        padding: [...padding, ...padding],
      });
      const embedded = nn.permute(nn.mergeAxes(patches, 2, 3), [0, 2, 1]);
      let tokens = product(grid);
      let x = unroll(nn, nn.splitAxis(nn.add(embedded, position(nn)), 1, grid), grid, stride, levels);
      for (const block of blocks) {
        x = hieraBlock(nn, block, x, tokens);
        tokens /= block.pool;
      }
      const features = reroll(nn, x, left, stride, levels - config.q_pool);
      return nn.mergeAxes(nn.splitAxis(features, 1, [left[0]!, -1]), 0, 2);
    },
  };
};
