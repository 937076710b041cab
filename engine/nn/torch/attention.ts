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

/** Keys and values of earlier calls, by layer: of one sequence that grows. */
export class KeyValueCache {
  private readonly layers = new Map<number, readonly [keys: Tensor, values: Tensor]>();

  /** Rows of a layer so far. */
  lengthOf(layer: number): number {
    return this.layers.get(layer)?.[0].shape[2] ?? 0;
  }

  /** What must live on between calls. */
  tensors(): readonly Tensor[] {
    return [...this.layers.values()].flat();
  }

  /** Adds rows [B, kvHeads, T, d]; returns all of the layer. */
  grow(parameters: Parameters, layer: number, keys: Tensor, values: Tensor): readonly [Tensor, Tensor] {
    const past = this.layers.get(layer);
    const all =
      past === undefined
        ? ([keys, values] as const)
        : ([parameters.torch.cat([past[0], keys], 2), parameters.torch.cat([past[1], values], 2)] as const);
    this.layers.set(layer, all);
    return all;
  }
}

/** How a causal sequence's rows stand to each other beyond the plain case. */
export interface AttentionState {
  readonly layout: AttentionLayout | null;
  readonly cache: KeyValueCache | null;
}

/**
 * Scaled dot-product attention of whole sequences: q [B, T, heads·d], k and v [B, S, kvHeads·d] -> [B, T, heads·d].
 * Without a cache there are no earlier calls: a `cacheLayer` is a place in a sequence that is given at once. With one, the
 * first call may be of any length, every later one is of one row.
 */
export function attend(
  parameters: Parameters,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, kvHeads, causal, rope, cacheLayer }: AttentionOptions,
  { layout, cache }: AttentionState,
): Tensor {
  const { torch } = parameters;
  const apart = (x: Tensor, count: number) => {
    const [batch, length, width] = x.shape as [number, number, number];
    return torch.transpose(torch.reshape(x, [batch, length, count, width / count]), 1, 2);
  };
  const kept = cache === null || cacheLayer === undefined ? null : { cache, layer: cacheLayer };
  const past = kept === null ? 0 : kept.cache.lengthOf(kept.layer);
  if (past > 0 && q.shape[1] !== 1) throw new Error('a sequence in the cache grows by one row a call');
  const turned = (x: Tensor) => (rope === undefined ? x : rotate(parameters, x, rope, layout, past));
  const keys = turned(apart(k, kvHeads));
  const values = apart(v, kvHeads);
  const [allKeys, allValues] =
    kept === null ? [keys, values] : kept.cache.grow(parameters, kept.layer, keys, values);
  const attended = torch.attention(
    turned(apart(q, heads)),
    allKeys,
    allValues,
    causal ? (layout?.mask ?? null) : null,
    0,
    causal && layout === null && past === 0,
    null,
    heads !== kvHeads,
  );
  return torch.reshape(torch.transpose(attended, 1, 2), q.shape);
}

/**
 * Rotary position embedding of x [B, heads, T, d], NeoX layout: the halves of d are a pair. Positions past … past + T − 1,
 * or the layout's.
 */
function rotate(
  parameters: Parameters,
  x: Tensor,
  rope: RopeConfig,
  layout: AttentionLayout | null,
  past: number,
): Tensor {
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
      ? torch.slice(table(name), 0, past, past + length)
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
