import type { ModelMemory } from '../contract/models.ts';
import { baseMemory, decoderMemory, frameMemory, sessionMemory } from '../models/memory.ts';
import { type Model, partBytes } from '../models/model.ts';
import type { Part, PartSpec } from '../models/part.ts';

/** What answering takes, reckoned from what the parts are. */
export function memoryNeeds({ encoders, visual, languageModel, adapter, tokenizer }: Model): ModelMemory {
  const { chunk, perToken } = decoderMemory(languageModel.spec);
  const parts = [...encoders, ...(visual === null ? [] : [visual]), languageModel];
  const beside = partBytes(tokenizer.part) + (adapter === null ? 0 : partBytes(adapter.part));
  const loaded = parts.reduce((sum, part) => sum + loadedBytes(part), beside);
  return {
    weights: loaded + chunk,
    perToken,
    perFrame: Object.fromEntries(encoders.map(({ id, spec }) => [id, frameMemory(spec)])),
    base: baseMemory,
  };
}

function loadedBytes({ part, spec }: { readonly part: Part; readonly spec: PartSpec }): number {
  // Rows of the embedding table are read from the disk one by one.
  const table =
    spec.role === 'languageModel' ? part.files.find(({ file }) => file === spec.embeddings)?.bytes : 0;
  return sessionMemory(partBytes(part) - (table ?? 0), part.precision);
}
