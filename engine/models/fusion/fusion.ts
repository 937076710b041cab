import { ExpectedError } from '../../contract/errors.ts';
import type { Ops } from '../../nn/ops.ts';
import type { Weights } from '../../nn/weights.ts';
import type { Projected } from '../projectors/projector.ts';
import { requireTensor } from '../projectors/require-tensor.ts';
import { crossAttentionWeights } from './cross-attention.ts';
import { mix, ofOneLength, unequal } from './mix.ts';
import { queryMlpWeights } from './query-mlp.ts';

const plain = ['first', 'concat'] as const;
const learned = [
  'concat_channel',
  'concat_channel_ln',
  'cross_attention_avg_lq',
  'query_mlp',
  'scalar',
] as const;

/** Named in the reference's `forward`, which has no weights for it and fails. */
const neverBuilt = 'cross_attention_classKV';

/** How the encoders' sequences become one, by the reference's names (`feature_fusion`). */
export type Fusion =
  | { readonly kind: (typeof plain)[number] }
  | { readonly kind: (typeof learned)[number]; readonly weights: Weights };

/** Of a config.json's `feature_fusion`; `weights` are the checkpoint's. Throws ExpectedError 'model_unsupported'. */
export function parseFusion(name: string | null, weights: Weights): Fusion {
  const simple = plain.find((kind) => kind === name);
  if (simple !== undefined) return { kind: simple };
  const trained = learned.find((kind) => kind === name);
  if (trained !== undefined) return { kind: trained, weights };
  const why =
    name === neverBuilt
      ? 'for which the reference never made weights'
      : name === null
        ? 'with which the reference fails'
        : 'which is not supported';
  throw new ExpectedError(
    'model_unsupported',
    `The model joins its encoders by feature_fusion ${name === null ? 'null' : `"${name}"`}, ${why}.`,
    `Supported are ${[...plain, ...learned].join(', ')}.`,
  );
}

export interface Fused<V> extends Projected<V> {
  /** How much of each encoder is in it, [1, encoders]; null where the fusion has no such weights. */
  readonly mixing: V | null;
}

/** One that only this fusion's checkpoint has. */
const firstTensor: Readonly<Record<(typeof learned)[number], string>> = {
  concat_channel: 'projector.weight',
  concat_channel_ln: '1.projector.weight',
  cross_attention_avg_lq: 'Q',
  query_mlp: 'projector.0.weight',
  scalar: 'scalar',
};

/**
 * merv/models/vidlms/merv.py `forward`, a batch of one; `hidden` is the sequences' width. Two ways are built there and never
 * run: `scalar`, which mixes whole sequences by the softmax of one learned number an encoder, and `query_mlp`, see
 * query-mlp.ts. `nn` reads the fusion's own weights. Throws ExpectedError 'model_unsupported' where lengths, the number of
 * encoders or the checkpoint do not fit.
 */
export function fuse<V>(
  nn: Ops<V>,
  sequences: readonly Projected<V>[],
  fusion: Fusion,
  hidden: number,
): Fused<V> {
  if ('weights' in fusion) requireTensor(nn, `fusion ${fusion.kind}`, firstTensor[fusion.kind]);
  const values = sequences.map(({ value }) => value);
  const tokens = Math.max(...sequences.map((sequence) => sequence.tokens));
  const channels = () => {
    if (sequences.some((sequence) => sequence.tokens !== tokens)) throw unequal(sequences);
    return nn.concat(values, -1);
  };
  const mixed = (weightsOf: (same: readonly V[]) => V): Fused<V> => {
    const same = ofOneLength(nn, sequences);
    const mixing = weightsOf(same);
    return { value: mix(nn, same, mixing, tokens), tokens, mixing };
  };
  switch (fusion.kind) {
    case 'first':
      return { ...sequences[0]!, mixing: null };
    case 'concat':
      return {
        value: values.length === 1 ? values[0]! : nn.concat(values, 0),
        tokens: sequences.reduce((sum, sequence) => sum + sequence.tokens, 0),
        mixing: null,
      };
    case 'concat_channel':
      return { value: nn.linear(channels(), 'projector'), tokens, mixing: null };
    case 'concat_channel_ln':
      return { value: nn.linear(nn.layerNorm(channels(), '0', 1e-5), '1.projector'), tokens, mixing: null };
    case 'cross_attention_avg_lq':
      return mixed((same) => crossAttentionWeights(nn, same, fusion.weights));
    case 'query_mlp':
      return mixed((same) => queryMlpWeights(nn, same, fusion.weights, hidden));
    case 'scalar':
      return mixed(() => scalarWeights(nn, fusion.weights, sequences.length));
  }
}

/**
 * Weight: `scalar` [encoders] or longer: ScalarAdapter makes four numbers however many encoders there are, of which the
 * first belong to them.
 */
function scalarWeights<V>(nn: Ops<V>, weights: Weights, encoders: number): V {
  const count = weights.tensors.get('scalar')!.shape[0]!;
  if (count < encoders) {
    throw new ExpectedError(
      'model_unsupported',
      `The model's scalar fusion has weights for ${count} encoders, but there are ${encoders}.`,
      'Use the encoders that the checkpoint was trained with.',
    );
  }
  const own = nn.slice(nn.parameter('scalar'), 0, 0, encoders);
  return nn.splitAxis(nn.softmax(own, -1), 0, [1, -1]);
}
