import type { Preflight, TrainConfig } from '../contract/training.ts';
import type { TrainingModel } from '../training/training-model.ts';

const floatBytes = 4;
/** Values that a decoder layer keeps of a token for the backward pass, in widths of the model: projections, norms, MLP. */
const keptPerLayer = 34;

/** Changes that save memory, the largest saving first; reckoned, not measured. */
export function savingsFor(
  { spec, parameters }: TrainingModel,
  config: TrainConfig,
  longest: number,
): Preflight['savings'] {
  const { hidden, layers } = spec.languageModel;
  const perToken = keptPerLayer * hidden * layers * floatBytes;
  const rows = Math.min(config.microBatch, config.batch);
  const activations = rows * longest * perToken;
  const count = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + parameters.get(name).shape.reduce((a, b) => a * b, 1), 0);
  const trainable = count(parameters.trainable());
  const frozen = count(parameters.names()) - trainable;
  const found: Preflight['savings'] = [];
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
  if (config.method.kind === 'full' && config.recipe !== 'align') {
    found.push({
      title: 'Train adapters instead of all weights',
      // Gradients and two moments.
      savesBytes: trainable * 3 * floatBytes,
      change: { method: { kind: 'lora', rank: 8, alpha: 16, targets: ['q_proj', 'v_proj'] } },
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
