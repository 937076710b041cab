import type { Ops } from '../../nn/ops.ts';
import type { Weights } from '../../nn/weights.ts';

/**
 * Mixing weights [1, encoders] of the reference's CrossAttentionAdapterLearnableQuery: one head of a learned query
 * against the token means of every encoder, softmax(q kᵀ / √width). Of PyTorch's MultiheadAttention only the weights
 * are used, not its values and its out_proj. `values` [T, hidden] of every encoder.
 * Weights: `Q` [1, width], `attention.{q_proj_weight,k_proj_weight}`, or one `attention.in_proj_weight` where width and
 * hidden are equal, and `attention.in_proj_bias` [3·width].
 */
export function crossAttentionWeights<V>(nn: Ops<V>, values: readonly V[], weights: Weights): V {
  const width = weights.tensors.get('Q')!.shape[1]!;
  const part = (x: V, index: number) => nn.slice(x, 0, index * width, (index + 1) * width);
  const projection = (own: string, index: number) =>
    nn.has(own) ? nn.parameter(own) : part(nn.parameter('attention.in_proj_weight'), index);
  const linear = (x: V, own: string, index: number) =>
    nn.add(
      nn.matmul(x, nn.permute(projection(own, index), [1, 0])),
      part(nn.parameter('attention.in_proj_bias'), index),
    );
  const means = values.map((value) => nn.splitAxis(nn.mean(value, [0]), 0, [1, -1]));
  const q = linear(nn.parameter('Q'), 'attention.q_proj_weight', 0);
  const k = linear(nn.concat(means, 0), 'attention.k_proj_weight', 1);
  const scores = nn.matmul(nn.mul(q, nn.constant([width ** -0.5], [])), nn.permute(k, [1, 0]));
  return nn.softmax(scores, -1);
}
