import { type Bundle, bundleFormat } from '../../models/bundle.ts';
import type { ModelRecipe, RecipePart } from './recipe.ts';

/**
 * A model of parts that were made by its recipe; `key` gives each part's. What people choose (id and name) may differ
 * from what the recipe proposes.
 */
export function bundleOf(
  recipe: ModelRecipe,
  key: (part: RecipePart) => string,
  chosen: Pick<Bundle, 'id' | 'name' | 'source' | 'createdAt'>,
): Bundle {
  const { description, contextLength, encoders, visual, languageModel, tokenizer, prompt } = recipe;
  return {
    format: bundleFormat,
    ...chosen,
    description,
    demonstration: false,
    notice: null,
    contextLength,
    encoders: encoders.map(({ part, id, frames }) => ({ part: key(part), id, frames })),
    visual: visual === null ? null : { part: key(visual) },
    languageModel: { part: key(languageModel) },
    tokenizer: { part: key(tokenizer) },
    prompt,
  };
}
