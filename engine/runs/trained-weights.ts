import * as z from 'zod';
import { modulePrefixes } from '../models/module-prefixes.ts';
import { type AdapterScale, overlaid } from '../models/overlay.ts';
import type { VisualPath } from '../models/write-graphs.ts';
import type { Weights } from '../nn/weights.ts';
import type { OriginalParts } from './originals.ts';

/** Changes of low-rank adapters are scaled by alpha / rank. */
export const adapterScaleSchema = z.object({
  rank: z.number().int().positive(),
  alpha: z.number().positive(),
});

/**
 * A model's weights with what a run has trained in their place, adapters worked in: W + alpha/rank · B A. `trained` has
 * the parameters' names and stays open for as long as the result is read.
 */
export function trainedParts(
  parts: OriginalParts,
  trained: Weights,
  adapter: AdapterScale | null,
): OriginalParts {
  const over = (base: Weights, prefix: string) => overlaid(base, trained, prefix, adapter);
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
