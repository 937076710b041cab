import { ExpectedError } from '../../contract/errors.ts';
import type { Ops } from '../../nn/ops.ts';
import type { Weights } from '../../nn/weights.ts';
import { mlp } from '../projectors/mlp.ts';
import { requireTensor } from '../projectors/require-tensor.ts';

/**
 * Mixing weights [1, encoders] of `query_mlp`: softmax(MLP(query)), with the MLP that the reference builds for it and never
 * runs (MERV.__init__: MLPProjector(3072, encoders), so linear, GELU, linear, one number an encoder).
 *
 * What the query is: 3072 is its `text_embedding_dim`, an embedding of the question made outside the model, by what the
 * reference does not say; it became the learned query `Q` of cross_attention_avg_lq, "the emb of the query". So here the
 * query is `Q` [1, width] where the checkpoint has one, and else, for an MLP as wide as the language model, the mean over
 * the encoders of their token means: the same means that cross_attention_avg_lq holds against its query. `values` [T, hidden].
 * Weights: `projector.{0,2}.{weight,bias}`, `Q` or none. Throws ExpectedError 'model_unsupported' where the MLP is for
 * another number of encoders, or for a query that neither the checkpoint nor the video gives.
 */
export function queryMlpWeights<V>(nn: Ops<V>, values: readonly V[], weights: Weights, hidden: number): V {
  requireTensor(nn, 'fusion query_mlp', 'projector.2.weight');
  const [, width] = weights.tensors.get('projector.0.weight')!.shape as [number, number];
  const outputs = weights.tensors.get('projector.2.weight')!.shape[0]!;
  if (outputs !== values.length) {
    throw new ExpectedError(
      'model_unsupported',
      `The model's query_mlp fusion weighs ${outputs} encoders, but there are ${values.length}.`,
      'Use the encoders that the checkpoint was trained with.',
    );
  }
  const given = nn.has('Q') ? weights.tensors.get('Q')!.shape[1]! : hidden;
  if (given !== width) {
    throw new ExpectedError(
      'model_unsupported',
      `The model's query_mlp fusion takes ${width} numbers that embed the question, and its checkpoint does not say how ` +
        `they are made: it has ${nn.has('Q') ? `a query of ${given}` : 'no learned query'}, and the language model is ${hidden} wide.`,
      'Use a model that joins its encoders by cross_attention_avg_lq.',
    );
  }
  const query = nn.has('Q') ? nn.parameter('Q') : meanOf(nn, values);
  return nn.softmax(mlp(nn, query, 'gelu-mlp', ''), -1);
}

/** Of sequences [T, hidden]: [1, hidden]. */
function meanOf<V>(nn: Ops<V>, values: readonly V[]): V {
  const means = values.map((value) => nn.splitAxis(nn.mean(value, [0]), 0, [1, -1]));
  return nn.splitAxis(nn.mean(nn.concat(means, 0), [0]), 0, [1, -1]);
}
