import { ExpectedError } from '../../contract/errors.ts';
import type { PrecisionChoices } from '../../contract/hub.ts';
import type { Precision } from '../../contract/models.ts';
import type { RecipePart } from '../conversion/recipe.ts';

/** What was chosen for a part, else what is proposed. Throws ExpectedError 'bad_request' for what it cannot be written at. */
export function precisionOf(
  { role, id, name, sizes }: RecipePart,
  choices: PrecisionChoices,
): Precision | null {
  const chosen = choices.find((choice) => choice.role === role && choice.id === id)?.precision;
  if (chosen === undefined) return sizes[0]?.precision ?? null;
  if (sizes.some(({ precision }) => precision === chosen)) return chosen;
  throw new ExpectedError(
    'bad_request',
    `${name} cannot be written at ${chosen}.`,
    `Choose one of: ${sizes.map(({ precision }) => precision ?? 'as it is').join(', ')}.`,
  );
}

export function bytesOf(part: RecipePart, precision: Precision | null): number {
  return part.sizes.find((size) => size.precision === precision)?.bytes ?? 0;
}
