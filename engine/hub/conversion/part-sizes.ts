import type { Precision } from '../../contract/models.ts';
import type { Encoder } from '../../models/encoder.ts';
import type { LlamaConfig } from '../../models/llama.ts';
import { encoderGraph, languageModelGraph } from '../../models/write-graphs.ts';
import type { LinearPrecision } from '../../nn/precision.ts';
import type { Weights } from '../../nn/weights.ts';

/** How each part can be written, the proposed one first. Encoders at eight bits are made for many rows at once. */
const encoderLinears = { fp16: 'fp16', int8: 'int8-dynamic', fp32: 'fp32' } as const;
const languageLinears = { fp32: 'fp32', fp16: 'fp16', int8: 'int8', int4: 'int4' } as const;

/** Language models from here on are proposed at four bits: at eight they would not fit most machines. */
const largeModel = 2e9;

type Sizes = readonly { readonly precision: Precision; readonly bytes: number }[];

export function encoderLinear(precision: Precision): LinearPrecision | null {
  return precision === 'int4' ? null : encoderLinears[precision];
}

export function languageLinear(precision: Precision): LinearPrecision {
  return languageLinears[precision];
}

/** Weights alone: the graphs beside them have a few hundred kilobytes. Reads no weight. */
export function encoderSizes(encoder: Encoder, weights: Weights): Sizes {
  return (Object.keys(encoderLinears) as (keyof typeof encoderLinears)[]).map((precision) => ({
    precision,
    bytes: encoderGraph(encoder, weights, encoderLinears[precision]).weightBytes(),
  }));
}

/** With the embedding table, which is kept at half precision but at fp32. */
export function languageModelSizes(config: LlamaConfig, weights: Weights): Sizes {
  const order =
    parametersOf(weights) > largeModel ? ['int4', 'int8', 'fp16', 'fp32'] : ['int8', 'int4', 'fp16', 'fp32'];
  return (order as Precision[]).map((precision) => ({
    precision,
    bytes:
      languageModelGraph(config, weights, languageLinear(precision)).weightBytes() +
      config.vocab * config.hidden * (precision === 'fp32' ? 4 : 2),
  }));
}

export function parametersOf(weights: Weights): number {
  let total = 0;
  for (const { shape } of weights.tensors.values()) total += shape.reduce((a, b) => a * b, 1);
  return total;
}

/**
 * The most that writing takes at once: projections that share an input are read and stacked (twice their float32 size), then
 * transposed or quantised (once more).
 */
export function writingMemory(weights: Weights): number {
  let largest = 0;
  const inLayer = new Map<string, number>();
  for (const [name, { shape }] of weights.tensors) {
    const bytes = 4 * shape.reduce((a, b) => a * b, 1);
    const stack = /^(.*)(self_attn\.[qkv]|mlp\.(?:gate|up))_proj\.weight$/.exec(name);
    const key = stack === null ? name : `${stack[1]}${stack[2]!.slice(0, 4)}`;
    inLayer.set(key, (inLayer.get(key) ?? 0) + bytes);
    largest = Math.max(largest, inLayer.get(key)!);
  }
  return 3 * largest;
}
