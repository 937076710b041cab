import { type Saving, type TrainConfig, usualAdapters } from '../contract/training.ts';
import { parametersOf } from '../hub/conversion/part-sizes.ts';
import type { OriginalParts } from './originals.ts';
import { trainsWhole } from './trainable.ts';

const floatBytes = 4;
/** Values that a decoder layer keeps of a token for the backward pass, in widths of the model: projections, norms, MLP. */
const keptPerLayer = 34;

/**
 * Changes that save memory, the largest saving first; reckoned from the weights' shapes and not measured, so that they are
 * known before anything is loaded. `longest`: tokens of the longest example, the video's among them.
 */
export function savingsFor(
  { config: { hidden, layers }, languageModel }: OriginalParts,
  config: TrainConfig,
  longest: number,
): Saving[] {
  const perToken = keptPerLayer * hidden * layers * floatBytes;
  const rows = Math.min(config.microBatch, config.batch);
  const activations = (rows * longest * perToken * (config.checkpointing ? 2 : keptPerLayer)) / keptPerLayer;
  const whole = trainsWhole(config);
  const words = parametersOf(languageModel);
  const frozen = whole ? 0 : words;
  const found: Saving[] = [];
  if (rows > 1) {
    found.push({
      title: 'Compute one example at a time',
      savesBytes: activations * (1 - 1 / rows),
      change: { microBatch: 1 },
    });
  }
  if (!config.checkpointing) {
    found.push({
      title: 'Compute blocks again in the backward pass',
      savesBytes: activations * (1 - 2 / keptPerLayer),
      change: { checkpointing: true },
    });
  }
  if (config.precision === 'fp32') {
    found.push({
      title: 'Compute in bfloat16',
      savesBytes: (activations + frozen * floatBytes) / 2,
      change: { precision: 'bf16' },
    });
  }
  if (whole) {
    found.push({
      title: 'Train adapters instead of all weights',
      // Gradients and two moments.
      savesBytes: words * 3 * floatBytes,
      change: { method: usualAdapters() },
    });
  }
  if (longest > 512) {
    found.push({
      title: 'Cut examples at half the length',
      savesBytes: activations / 2,
      change: { maxLength: Math.max(16, Math.floor(longest / 2)) },
    });
  }
  return found.sort((a, b) => b.savesBytes - a.savesBytes);
}
