import type { Recipe } from './recipe.ts';

/** Everything but the encoders learns to answer questions. */
export const finetune: Recipe = { text: 'conversation', order: 'split-modality' };
