import type { ModelSummary } from '../../../engine/contract/models.ts';

/** What the model is called; its id where it is not installed any more. */
export function modelName(models: readonly ModelSummary[], id: string): string {
  return models.find((model) => model.id === id)?.name ?? id;
}
