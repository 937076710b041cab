import type { ModelMemory } from '../contract/models.ts';
import type { Model } from '../models/model.ts';
import { partBytes } from '../models/model.ts';

/** Node, ONNX Runtime and the engine's own modules, without a model. */
const baseBytes = 200e6;
/** Activations of an encoder's layer that live at once: residual, normed, three projections, the wide half of an MLP. */
const liveActivations = 10;

/** Worked out from what the parts are, not measured. */
export function memoryNeeds({ encoders, visual, languageModel, tokenizer }: Model): ModelMemory {
  const { layers, kvHeads, headDim, embeddings } = languageModel.spec;
  // Rows of the embedding table are read from the disk one by one.
  const table = languageModel.part.files.find(({ file }) => file === embeddings)?.bytes ?? 0;
  const parts = [...encoders, ...(visual === null ? [] : [visual]), languageModel, tokenizer];
  return {
    weights: parts.reduce((sum, { part }) => sum + partBytes(part), 0) - table,
    perToken: 2 * layers * kvHeads * headDim * 4,
    perFrame: Object.fromEntries(
      encoders.map(({ id, spec: { tokens, width, framesPerStep } }) => [
        id,
        (tokens * width * 4 * liveActivations) / framesPerStep,
      ]),
    ),
    base: baseBytes,
  };
}
