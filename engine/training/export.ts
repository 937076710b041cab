import type { Weights } from '../nn/weights.ts';
import { pytorchBytes, type TensorTree } from '../weights/write-pytorch.ts';
import { type OutgoingTensor, safetensorsBytes } from '../weights/write-safetensors.ts';

/** How values are stored: as they were computed with, or halved. */
type Stored = OutgoingTensor['type'];

/** A trained model's weights, adapters worked in; `projectors` begin with their encoder's number: `0.projector…`. */
export interface TrainedModules {
  readonly projectors: Weights;
  readonly fusion: Weights;
  readonly languageModel: Weights;
}

function outgoing(weights: Weights, name: string, type: Stored): OutgoingTensor {
  return { name, type, shape: weights.tensors.get(name)!.shape, values: () => weights.read(name) };
}

/**
 * The reference's checkpoints/latest-checkpoint.pt: {"model": {"projectors", "feature_fusion", "llm_backbone"}} with its
 * names, which its `load_vid` and this program open. A fusion without weights is an empty dictionary there.
 */
export function mervCheckpoint(modules: TrainedModules, type: Stored): AsyncGenerator<Uint8Array> {
  const module = (weights: Weights, inside: string): TensorTree =>
    Object.fromEntries(
      [...weights.tensors.keys()].map((name) => [`${inside}${name}`, outgoing(weights, name, type)]),
    );
  return pytorchBytes({
    model: {
      projectors: module(modules.projectors, ''),
      feature_fusion: module(modules.fusion, ''),
      llm_backbone: module(modules.languageModel, 'llm.'),
    },
  });
}

/** A Hugging Face folder's model.safetensors: the language model alone. */
export function huggingFaceWeights(languageModel: Weights, type: Stored): AsyncGenerator<Uint8Array> {
  const tensors = [...languageModel.tensors.keys()].map((name) => outgoing(languageModel, name, type));
  return safetensorsBytes(tensors, { format: 'pt' });
}
