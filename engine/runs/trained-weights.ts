import * as z from 'zod';
import type { VisualPath } from '../models/write-graphs.ts';
import type { Weights } from '../nn/weights.ts';
import { modulePrefixes } from '../training/training-model.ts';
import type { OriginalParts } from './originals.ts';

/** Changes of low-rank adapters are scaled by alpha / rank. */
export const adapterScaleSchema = z.object({
  rank: z.number().int().positive(),
  alpha: z.number().positive(),
});
export type AdapterScale = z.infer<typeof adapterScaleSchema>;

/**
 * A model's weights with what a run has trained in their place, adapters worked in: W + alpha/rank · B A. `trained` has
 * the parameters' names and stays open for as long as the result is read.
 */
export function trainedParts(
  parts: OriginalParts,
  trained: Weights,
  adapter: AdapterScale | null,
): OriginalParts {
  const over = (base: Weights, prefix: string) => overlay(base, trained, prefix, adapter);
  const { visual } = parts;
  return {
    config: parts.config,
    languageModel: over(parts.languageModel, modulePrefixes.languageModel),
    visual: visual && {
      encoders: visual.encoders.map((encoder, i) => ({
        ...encoder,
        weights: over(encoder.weights, modulePrefixes.projector(i)),
      })),
      fusion: fusionOf(visual.fusion, over),
    },
  };
}

function fusionOf(
  fusion: VisualPath['fusion'],
  over: (base: Weights, prefix: string) => Weights,
): VisualPath['fusion'] {
  return 'weights' in fusion ? { ...fusion, weights: over(fusion.weights, modulePrefixes.fusion) } : fusion;
}

function overlay(base: Weights, trained: Weights, prefix: string, adapter: AdapterScale | null): Weights {
  return {
    tensors: base.tensors,
    async read(name) {
      if (trained.tensors.has(`${prefix}${name}`)) return trained.read(`${prefix}${name}`);
      const layer = `${prefix}${name.replace(/\.weight$/, '')}`;
      const values = await base.read(name);
      const a = trained.tensors.get(`${layer}.lora_A.weight`);
      if (adapter === null || a === undefined) return values;
      const [down, up] = [
        await trained.read(`${layer}.lora_A.weight`),
        await trained.read(`${layer}.lora_B.weight`),
      ];
      return addProduct(values, up, down, a.shape[1]!, adapter);
    },
  };
}

/** values [outputs, inputs] + alpha/rank · up [outputs, rank] · down [rank, inputs]. */
function addProduct(
  values: Float32Array,
  up: Float32Array,
  down: Float32Array,
  inputs: number,
  { rank, alpha }: AdapterScale,
): Float32Array {
  const changed = Float32Array.from(values);
  for (let output = 0; output < changed.length / inputs; output++) {
    const row = changed.subarray(output * inputs, (output + 1) * inputs);
    for (let r = 0; r < rank; r++) {
      const factor = (up[output * rank + r]! * alpha) / rank;
      const other = down.subarray(r * inputs, (r + 1) * inputs);
      for (let i = 0; i < inputs; i++) row[i]! += factor * other[i]!;
    }
  }
  return changed;
}
