import { ExpectedError } from '../../contract/errors.ts';
import type { Ops } from '../../nn/ops.ts';
import type { Weights } from '../../nn/weights.ts';
import { attentive } from './attentive.ts';
import { average } from './average.ts';
import { convolution } from './convolution.ts';
import { convolution3d } from './convolution-3d.ts';
import { type LabelMixtureConfig, labelMixture } from './label-mixture.ts';
import { type MlpKind, mlp } from './mlp.ts';
import { requireTensor } from './require-tensor.ts';

/** Of an encoder's features. */
export type FeatureShape = readonly [frames: number, tokens: number, width: number];

/** `frames` and `side` are what pooling leaves: frames × side × side tokens. */
export type Projector =
  | ({ readonly kind: 'label-mixture' } & LabelMixtureConfig)
  /** Every token alone. */
  | { readonly kind: 'per-token'; readonly mlp: MlpKind }
  | { readonly kind: 'average'; readonly frames: number; readonly side: number; readonly mlp: MlpKind }
  | { readonly kind: 'attentive'; readonly heads: number; readonly mlp: MlpKind }
  | { readonly kind: 'convolution'; readonly side: number; readonly mlp: MlpKind }
  | {
      readonly kind: 'convolution-3d';
      readonly frames: number;
      readonly side: number;
      readonly mlp: MlpKind;
    };

export interface Projected<V> {
  /** [tokens, hidden] */
  readonly value: V;
  readonly tokens: number;
}

/**
 * One encoder's features [frames, tokens, width] to the language model's space, as merv/util/nn_utils.py does with a
 * batch of one. Throws ExpectedError 'model_unsupported' where tokens that must be a square grid are none, or where
 * the checkpoint lacks a layer.
 */
export function project<V>(
  nn: Ops<V>,
  features: V,
  shape: FeatureShape,
  projector: Projector,
  weights: Weights,
): Projected<V> {
  const [frames, tokens] = shape;
  /** Pooled tokens [F', H', W', C] or [F', N', C] to one sequence. */
  const sequence = (x: V, axes: number, kind: MlpKind) =>
    mlp(nn, nn.mergeAxes(x, 0, axes), kind, 'projector.');
  switch (projector.kind) {
    case 'label-mixture':
      return {
        value: labelMixture(nn, features, projector, shape[2]),
        tokens: projector.segments * projector.words,
      };
    case 'per-token':
      return { value: mlp(nn, nn.mergeAxes(features, 0, 2), projector.mlp, ''), tokens: frames * tokens };
    case 'average': {
      const pooled = average(nn, grid(nn, features, tokens), projector.frames, projector.side);
      return { value: sequence(pooled, 3, projector.mlp), tokens: projector.frames * projector.side ** 2 };
    }
    case 'attentive': {
      requireTensor(nn, 'attentive projector', 'query_tokens');
      const queries = weights.tensors.get('query_tokens')!.shape[1]!;
      const pooled = attentive(nn, features, projector.heads);
      return { value: sequence(pooled, 2, projector.mlp), tokens: frames * queries };
    }
    case 'convolution': {
      requireTensor(nn, 'convolutional projector', 'convolution_pooling.2.b1.conv1.conv.weight');
      const pooled = convolution(nn, grid(nn, features, tokens), projector.side, weights);
      return { value: sequence(pooled, 3, projector.mlp), tokens: frames * projector.side ** 2 };
    }
    case 'convolution-3d': {
      requireTensor(nn, 'convolutional projector', 'convolution_pooling.0.weight');
      const pooled = convolution3d(nn, grid(nn, features, tokens), projector.frames, projector.side);
      return { value: sequence(pooled, 3, projector.mlp), tokens: projector.frames * projector.side ** 2 };
    }
  }
}

/** [F, N, C] -> [F, H, W, C] of a square. */
function grid<V>(nn: Ops<V>, features: V, tokens: number): V {
  const side = Math.sqrt(tokens);
  if (!Number.isInteger(side)) {
    throw new ExpectedError(
      'model_unsupported',
      `The model's projector pools a square grid, but its encoder gives ${tokens} tokens a frame.`,
      'Use an encoder variant without class tokens.',
    );
  }
  return nn.splitAxis(features, 1, [side, side]);
}
