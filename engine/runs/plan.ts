import type { TrainConfig } from '../contract/training.ts';
import { recipes } from '../training/recipes/recipe.ts';
import type { TrainingPlan } from '../training/train.ts';

/** The reference's (merv/training/strategies/fsdp.py: torch.optim.AdamW as it comes). */
const adamW = { betas: [0.9, 0.999], eps: 1e-8 } as const;

/** Steps of a run over so many examples. */
export function stepsOf({ epochs, batch, maxSteps }: TrainConfig, examples: number): number {
  const all = Math.max(1, Math.round(epochs * Math.ceil(examples / batch)));
  return maxSteps === null ? all : Math.min(all, maxSteps);
}

/** The configuration as the training core takes it; `begin`: 1 where prompts begin with an id of their own. */
export function planOf(config: TrainConfig, steps: number, begin: 0 | 1): TrainingPlan {
  const { recipe, batch, microBatch, learningRate, weightDecay, warmupRatio, maxGradNorm } = config;
  const { packing, maxLength, checkpointing, seed, checkpoints, patience } = config;
  return {
    stage: recipe,
    steps,
    batch,
    microBatch,
    peakRate: learningRate,
    warmupRatio,
    optimiser: { ...adamW, weightDecay },
    step: {
      begin,
      packTo: packing ? maxLength : null,
      clip: maxGradNorm,
      accumulate: 'tokens',
      checkpointing,
    },
    order: recipes[recipe].order,
    seed,
    saveEvery: checkpoints.everySteps,
    keepLast: checkpoints.keepLast,
    keepBest: checkpoints.keepBest,
    patience,
  };
}
