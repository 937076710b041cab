import type { Recipe } from './recipe.ts';

/** Projectors and fusion learn to say a video's caption through a language model that stays as it is. */
export const align: Recipe = { text: 'caption', order: 'shuffled' };
