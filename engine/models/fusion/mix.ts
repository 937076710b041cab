import { ExpectedError } from '../../contract/errors.ts';
import type { Ops } from '../../nn/ops.ts';
import type { Projected } from '../projectors/projector.ts';

/** A single token stands for every position of the others. Throws where lengths differ otherwise. */
export function ofOneLength<V>(nn: Ops<V>, sequences: readonly Projected<V>[]): readonly V[] {
  const longest = sequences.reduce((a, b) => (b.tokens > a.tokens ? b : a));
  return sequences.map(({ value, tokens }) => {
    if (tokens === longest.tokens) return value;
    if (tokens === 1) return nn.expandLike(value, 0, longest.value);
    throw unequal(sequences);
  });
}

export function unequal<V>(sequences: readonly Projected<V>[]): ExpectedError {
  const lengths = sequences.map(({ tokens }) => tokens).join(', ');
  return new ExpectedError(
    'model_unsupported',
    `The model's fusion needs as many tokens of every encoder, but they give ${lengths}.`,
    'Choose frame counts and a projector that give every encoder the same number of tokens.',
  );
}

/** Whole sequences [T, hidden] weighted by `weights` [1, encoders] and added: [T, hidden]. */
export function mix<V>(nn: Ops<V>, values: readonly V[], weights: V, tokens: number): V {
  const rows = values.map((value) => nn.splitAxis(nn.mergeAxes(value, 0, 2), 0, [1, -1]));
  const mixed = nn.mergeAxes(nn.matmul(weights, nn.concat(rows, 0)), 0, 2);
  return nn.splitAxis(mixed, 0, [tokens, -1]);
}
