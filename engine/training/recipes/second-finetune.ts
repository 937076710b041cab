import { finetune } from './finetune.ts';
import type { Recipe } from './recipe.ts';

/** The same once more, from a model that was finetuned already, on other conversations. */
export const secondFinetune: Recipe = finetune;
