import type { Recipe } from './recipe.ts';

/** As align, and the language model learns with them. */
export const fullAlign: Recipe = { trainsLanguageModel: true, text: 'caption', order: 'shuffled' };
