import { ExpectedError } from '../../contract/errors.ts';
import type { Precision } from '../../contract/models.ts';
import { fromHuggingFace } from '../../models/llama-config.ts';
import { baseMemory, decoderMemory, sessionMemory } from '../../models/memory.ts';
import { longestContext } from '../conversion/openings.ts';
import { type ModelRecipe, type RecipePart, recipeParts } from '../conversion/recipe.ts';

/** A conversation of this length is reckoned with, or the model's own where it is shorter. */
const tokens = 4096;
/** Where a configuration does not tell: what reading and remembering takes next to the weights. */
const usualShare = 0.25;

/** What answering would take, worked out before the model is there; see ModelMemory for one that is. */
export function runMemory(
  recipe: ModelRecipe,
  made: (part: RecipePart) => { readonly bytes: number; readonly precision: Precision | null },
): number {
  const loaded = recipeParts(recipe).reduce((sum, part) => {
    const { bytes, precision } = made(part);
    return sum + (part.role === 'tokenizer' ? bytes : sessionMemory(bytes, precision));
  }, 0);
  return baseMemory + loaded + (reading(recipe) ?? made(recipe.languageModel).bytes * usualShare);
}

function reading({ languageModel: { making }, contextLength }: ModelRecipe): number | null {
  if (making.form === 'gguf') return null;
  try {
    const config = fromHuggingFace(making.config, longestContext);
    const { chunk, perToken } = decoderMemory({ ...config, headDim: config.rope.headDim });
    return chunk + perToken * Math.min(tokens, contextLength);
  } catch (error) {
    if (error instanceof ExpectedError) return null;
    throw error;
  }
}
