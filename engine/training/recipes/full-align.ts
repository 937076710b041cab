import { align } from './align.ts';
import type { Recipe } from './recipe.ts';

/** As align, and the language model learns with them. */
export const fullAlign: Recipe = align;
