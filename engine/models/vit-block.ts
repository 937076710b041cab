import type { Ops } from '../nn/ops.ts';

/**
 * timm's vision transformer block (timm/models/vision_transformer.py `Block`): pre-norm attention and MLP, with
 * LayerScale where the checkpoint has it. x [B, N, D] -> [B, N, D].
 */
export function vitBlock<V>(nn: Ops<V>, name: string, x: V, heads: number): V {
  const eps = 1e-6;
  const scaled = (y: V, scale: string) => (nn.has(scale) ? nn.mul(y, nn.parameter(scale)) : y);
  const qkv = nn.linear(nn.layerNorm(x, `${name}.norm1`, eps), `${name}.attn.qkv`);
  const [q, k, v] = nn.chunk(qkv, 3);
  const attended = nn.attention(q!, k!, v!, { heads, kvHeads: heads, causal: false });
  const y = nn.add(x, scaled(nn.linear(attended, `${name}.attn.proj`), `${name}.ls1.gamma`));
  const hidden = nn.gelu(nn.linear(nn.layerNorm(y, `${name}.norm2`, eps), `${name}.mlp.fc1`), 'erf');
  return nn.add(y, scaled(nn.linear(hidden, `${name}.mlp.fc2`), `${name}.ls2.gamma`));
}
