import type { Recipe } from './recipe.ts';

/** Everything but the encoders learns to answer questions. */
export const finetune: Recipe = {
  trainsLanguageModel: true,
  text: 'conversation',
  order: 'split-modality',
};
