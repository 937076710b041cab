import type { Ops } from '../../nn/ops.ts';

const eps = 1e-5;

/**
 * Attentive pooling (Bardes et al. 2024, V-JEPA; the reference's AttentivePooler): learned queries look at the tokens of
 * one frame, then an MLP with a residual. x [F, N, C] -> [F, queries, C].
 * Weights: `query_tokens` [1, queries, C], `cross_attn.{norm1,xattn.{q,kv,proj},norm2,mlp.{fc1,fc2}}`.
 */
export function attentive<V>(nn: Ops<V>, x: V, heads: number): V {
  const block = 'cross_attn';
  const queries = nn.expandLike(nn.parameter('query_tokens'), 0, x);
  const [k, v] = nn.chunk(nn.linear(nn.layerNorm(x, `${block}.norm1`, eps), `${block}.xattn.kv`), 2);
  const q = nn.linear(queries, `${block}.xattn.q`);
  const attended = nn.attention(q, k!, v!, { heads, kvHeads: heads, causal: false });
  const y = nn.add(queries, nn.linear(attended, `${block}.xattn.proj`));
  const hidden = nn.gelu(nn.linear(nn.layerNorm(y, `${block}.norm2`, eps), `${block}.mlp.fc1`), 'erf');
  return nn.add(y, nn.linear(hidden, `${block}.mlp.fc2`));
}
