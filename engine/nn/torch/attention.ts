import type { Tensor } from '../../native/tensor.ts';
import type { AttentionOptions } from '../ops.ts';
import { type RopeConfig, ropeTables } from '../rope.ts';
import type { Parameters } from './parameters.ts';

/** Several sequences in one row, which do not see each other. */
export interface AttentionLayout {
  /** int64 [B·T]: every place's position in its own sequence. */
  readonly positions: Tensor;
  /** bool [B, 1, T, T]: what every place sees, the past of its own sequence. */
  readonly mask: Tensor;
}

/** Rows of `longest` places made of sequences of these lengths; what is left of a row is a sequence too. */
export function attentionLayout(
  parameters: Parameters,
  rows: readonly (readonly number[])[],
  longest: number,
): AttentionLayout {
  const { torch, options } = parameters;
  const positions = new BigInt64Array(rows.length * longest);
  const sequences = new Int32Array(rows.length * longest);
  for (const [row, lengths] of rows.entries()) {
    let at = 0;
    const rest = longest - lengths.reduce((a, b) => a + b, 0);
    for (const [sequence, length] of [...lengths, rest].entries()) {
      for (let place = 0; place < length; place++, at++) {
        positions[row * longest + at] = BigInt(place);
        sequences[row * longest + at] = sequence;
      }
    }
  }
  const ids = torch.toDevice(torch.from(sequences, [rows.length, 1, longest]), options.device, 'int32');
  const across = torch.reshape(ids, [rows.length, 1, 1, longest]);
  const down = torch.reshape(ids, [rows.length, 1, longest, 1]);
  return {
    positions: torch.toDevice(torch.from(positions, [positions.length]), options.device, 'int64'),
    mask: torch.tril(torch.eq(down, across)),
  };
}

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
  layout: AttentionLayout | null = null,
): Tensor {
  const { torch } = parameters;
  const apart = (x: Tensor, count: number) => {
    const [batch, length, width] = x.shape as [number, number, number];
    return torch.transpose(torch.reshape(x, [batch, length, count, width / count]), 1, 2);
  };
  const turned = (x: Tensor) => (rope === undefined ? x : rotate(parameters, x, rope, layout));
  const attended = torch.attention(
    turned(apart(q, heads)),
    turned(apart(k, kvHeads)),
    apart(v, kvHeads),
    causal ? (layout?.mask ?? null) : null,
    0,
    causal && layout === null,
    null,
    heads !== kvHeads,
  );
  return torch.reshape(torch.transpose(attended, 1, 2), q.shape);
}

/** Rotary position embedding of x [B, heads, T, d], NeoX layout: the halves of d are a pair. Positions 0 … T−1, or the layout's. */
function rotate(parameters: Parameters, x: Tensor, rope: RopeConfig, layout: AttentionLayout | null): Tensor {
  const { torch, options } = parameters;
  const [batch, , length, width] = x.shape as [number, number, number, number];
  const half = width / 2;
  const table = (name: 'cos' | 'sin') =>
    parameters.constant(`rope.${name} ${JSON.stringify(rope)}`, () => {
      const values = ropeTables(rope)[name];
      return torch.toDevice(torch.from(values, [rope.positions, half]), options.device, options.compute);
    });
  const rows = (name: 'cos' | 'sin') =>
    layout === null
      ? torch.slice(table(name), 0, 0, length)
      : torch.reshape(torch.indexSelect(table(name), 0, layout.positions), [batch, 1, length, half]);
  const [cos, sin] = [rows('cos'), rows('sin')];
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
