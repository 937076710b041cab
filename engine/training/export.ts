import type { Parameters } from '../nn/torch/parameters.ts';
import type { Weights } from '../nn/weights.ts';
import { pytorchBytes, type TensorTree } from '../weights/write-pytorch.ts';
import { type OutgoingTensor, safetensorsBytes } from '../weights/write-safetensors.ts';
import { type AdapterSettings, mergedWeights } from './adapters.ts';
import { modulePrefixes } from './training-model.ts';

/** How values are stored: as they were computed with, or halved. */
type Stored = OutgoingTensor['type'];

function outgoing(weights: Weights, name: string, type: Stored): OutgoingTensor {
  return { name, type, shape: weights.tensors.get(name)!.shape, values: () => weights.read(name) };
}

/** The language model's weights with the adapters worked in, where there are any. */
function languageModel(parameters: Parameters, adapter: AdapterSettings | null): Weights {
  return adapter === null
    ? parameters.within(modulePrefixes.languageModel)
    : mergedWeights(parameters, adapter);
}

/**
 * The reference's checkpoints/latest-checkpoint.pt: {"model": {"projectors", "feature_fusion", "llm_backbone"}} with its
 * names, which its `load_vid` and this program open. A fusion without weights is an empty dictionary there.
 */
export function mervCheckpoint(
  parameters: Parameters,
  adapter: AdapterSettings | null,
  type: Stored,
): AsyncGenerator<Uint8Array> {
  const module = (weights: Weights, inside: string): TensorTree =>
    Object.fromEntries(
      [...weights.tensors.keys()].map((name) => [`${inside}${name}`, outgoing(weights, name, type)]),
    );
  return pytorchBytes({
    model: {
      projectors: module(parameters.within('projectors.'), ''),
      feature_fusion: module(parameters.within(modulePrefixes.fusion), ''),
      llm_backbone: module(languageModel(parameters, adapter), 'llm.'),
    },
  });
}

/** A Hugging Face folder's model.safetensors: the language model alone, adapters worked in. */
export function huggingFaceWeights(
  parameters: Parameters,
  adapter: AdapterSettings | null,
  type: Stored,
): AsyncGenerator<Uint8Array> {
  const weights = languageModel(parameters, adapter);
  const tensors = [...weights.tensors.keys()].map((name) => outgoing(weights, name, type));
  return safetensorsBytes(tensors, { format: 'pt' });
}
