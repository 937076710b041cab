import type { Tensor } from '../../native/tensor.ts';
import type { AttentionOptions } from '../ops.ts';
import { type RopeConfig, ropeTables } from '../rope.ts';
import type { Parameters } from './parameters.ts';

/**
 * Scaled dot-product attention of whole sequences: q [B, T, heads·d], k and v [B, S, kvHeads·d] -> [B, T, heads·d].
 * There are no earlier calls: a `cacheLayer` is a place in a sequence that is given at once.
 */
export function attend(
  parameters: Parameters,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, kvHeads, causal, rope }: AttentionOptions,
): Tensor {
  const { torch } = parameters;
  const apart = (x: Tensor, count: number) => {
    const [batch, length, width] = x.shape as [number, number, number];
    return torch.transpose(torch.reshape(x, [batch, length, count, width / count]), 1, 2);
  };
  const turned = (x: Tensor) => (rope === undefined ? x : rotate(parameters, x, rope));
  const attended = torch.attention(
    turned(apart(q, heads)),
    turned(apart(k, kvHeads)),
    apart(v, kvHeads),
    null,
    0,
    causal,
    null,
    heads !== kvHeads,
  );
  return torch.reshape(torch.transpose(attended, 1, 2), q.shape);
}

/** Rotary position embedding of x [B, heads, T, d], NeoX layout: the halves of d are a pair. Positions 0 … T−1. */
function rotate(parameters: Parameters, x: Tensor, rope: RopeConfig): Tensor {
  const { torch, options } = parameters;
  const [, , length, width] = x.shape as [number, number, number, number];
  const half = width / 2;
  const table = (name: 'cos' | 'sin') =>
    parameters.constant(`rope.${name} ${JSON.stringify(rope)}`, () => {
      const values = ropeTables(rope)[name];
      return torch.toDevice(torch.from(values, [rope.positions, half]), options.device, options.compute);
    });
  const cos = torch.slice(table('cos'), 0, 0, length);
  const sin = torch.slice(table('sin'), 0, 0, length);
  const first = torch.slice(x, 3, 0, half);
  const second = torch.slice(x, 3, half, width);
  return torch.cat(
    [
      torch.sub(torch.mul(first, cos), torch.mul(second, sin)),
      torch.add(torch.mul(second, cos), torch.mul(first, sin)),
    ],
    3,
  );
}
