import { ExpectedError } from '../../contract/errors.ts';
import { fromHuggingFace } from '../../models/llama-config.ts';
import { longestContext } from '../conversion/openings.ts';
import { type ModelRecipe, type RecipePart, recipeParts } from '../conversion/recipe.ts';

/** Node, ONNX Runtime and the engine's own modules, without a model. */
export const baseMemory = 200e6;
/** Keys and values are reckoned for a conversation of this length, or the model's own where it is shorter. */
const tokens = 4096;
/** Where a configuration does not tell: keys and values next to the weights. */
const usualShare = 0.15;

/** What answering would take, worked out before the model is there; see ModelMemory for one that is. */
export function runMemory(recipe: ModelRecipe, bytes: (part: RecipePart) => number): number {
  const weights = recipeParts(recipe).reduce((sum, part) => sum + bytes(part), 0);
  return baseMemory + weights + (keysAndValues(recipe) ?? bytes(recipe.languageModel) * usualShare);
}

function keysAndValues({ languageModel: { making }, contextLength }: ModelRecipe): number | null {
  if (making.form === 'gguf') return null;
  try {
    const { layers, kvHeads, rope } = fromHuggingFace(making.config, longestContext);
    return 2 * layers * kvHeads * rope.headDim * 4 * Math.min(tokens, contextLength);
  } catch (error) {
    if (error instanceof ExpectedError) return null;
    throw error;
  }
}
