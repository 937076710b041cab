import type { Weights } from '../nn/weights.ts';
import { stripPrefix } from '../weights/rename.ts';
import type { TensorSource } from '../weights/tensor-source.ts';
import { unsupported } from './checkpoint.ts';
import { dinov2, dinov2Weights } from './dinov2.ts';
import type { Encoder, EncoderFamily } from './encoder.ts';
import { hiera } from './hiera.ts';
import { languagebind } from './languagebind.ts';
import { siglip } from './siglip.ts';
import { vivit } from './vivit.ts';

interface Entry {
  /** The reference's encoder ids (merv/models/materialize.py) whose choice of layer and tokens the family makes. */
  readonly ids: RegExp;
  readonly family: EncoderFamily;
  /** The checkpoint, as the hub holds it, under the names and shapes that the family takes. */
  readonly weights: (source: TensorSource) => Weights;
}

const entries: readonly Entry[] = [
  { ids: /^siglip-.*-all-no-cls$/, family: siglip, weights: (source) => within(source, 'visual.trunk.') },
  { ids: /^dinov2-video-all-tokens$/, family: dinov2, weights: dinov2Weights },
  { ids: /^vivit-.*-all-no-cls-16frames$/, family: vivit, weights: (source) => within(source, 'vivit.') },
  {
    ids: /^languagebind-video-noclass$/,
    family: languagebind,
    weights: (source) => within(source, 'vision_model.'),
  },
  { ids: /^hiera-.*-video(-noft)?$/, family: hiera, weights: (source) => source },
];

/** The part of a checkpoint below `prefix`; all of it where nothing has that prefix. */
function within(source: TensorSource, prefix: string): TensorSource {
  const inside = [...source.tensors.keys()].some((name) => name.startsWith(prefix));
  return inside ? stripPrefix(source, prefix) : source;
}

/**
 * The encoder that the reference calls `id`, and the weights to write it with: views of `source`, which must stay open.
 * Throws ExpectedError 'model_unsupported' or 'model_incomplete'.
 */
export function encoderOf(
  id: string,
  config: unknown,
  source: TensorSource,
): { readonly encoder: Encoder; readonly weights: Weights } {
  const entry = entries.find(({ ids }) => ids.test(id));
  if (entry === undefined) throw unsupported(id, 'no encoder family here computes it');
  const weights = entry.weights(source);
  return { encoder: entry.family(config, weights), weights };
}
