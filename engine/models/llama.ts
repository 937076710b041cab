import type { Ops } from '../nn/ops.ts';
import type { RopeConfig } from '../nn/rope.ts';

/** A decoder of the LLaMA kind (Touvron et al. 2023) and its relatives: LLaMA 2 and 3, Vicuna, SmolLM2, Qwen2. */
export interface LlamaConfig {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocab: number;
  readonly eps: number;
  readonly rope: RopeConfig;
}

/**
 * The decoder without its embedding table: inputs_embeds [1, T, hidden] -> logits [1, 1, vocab] of the last position,
 * or [1, T, vocab] of all. Weight names are those of Hugging Face's modeling_llama.py and modeling_qwen2.py; biases
 * and an untied head are used where the checkpoint has them.
 */
export function llama<V>(nn: Ops<V>, config: LlamaConfig, embeddings: V, positions: 'last' | 'all'): V {
  const x = llamaLayers(nn, config, embeddings);
  return llamaHead(nn, config, positions === 'last' ? nn.slice(x, 1, -1, null) : x);
}

/** The layers alone: [B, T, hidden] -> [B, T, hidden]. */
export function llamaLayers<V>(nn: Ops<V>, config: LlamaConfig, embeddings: V): V {
  let x = embeddings;
  for (let layer = 0; layer < config.layers; layer++) {
    x = nn.block(x, (input) => llamaLayer(nn, config, input, layer));
  }
  return x;
}

/** The last norm and the head: [..., hidden] -> logits [..., vocab]. */
export function llamaHead<V>(nn: Ops<V>, config: LlamaConfig, x: V): V {
  const head = nn.has('lm_head.weight') ? 'lm_head' : 'model.embed_tokens';
  return nn.linear(nn.rmsNorm(x, 'model.norm', config.eps), head);
}

function llamaLayer<V>(nn: Ops<V>, config: LlamaConfig, x: V, layer: number): V {
  const at = `model.layers.${layer}`;
  const normed = nn.rmsNorm(x, `${at}.input_layernorm`, config.eps);
  const [q, k, v] = nn.linears(
    normed,
    ['q', 'k', 'v'].map((p) => `${at}.self_attn.${p}_proj`),
  );
  const attended = nn.attention(q!, k!, v!, {
    heads: config.heads,
    kvHeads: config.kvHeads,
    causal: true,
    rope: config.rope,
    cacheLayer: layer,
  });
  const y = nn.add(x, nn.linear(attended, `${at}.self_attn.o_proj`));
  const [gate, up] = nn.linears(nn.rmsNorm(y, `${at}.post_attention_layernorm`, config.eps), [
    `${at}.mlp.gate_proj`,
    `${at}.mlp.up_proj`,
  ]);
  return nn.add(y, nn.linear(nn.mul(nn.silu(gate!), up!), `${at}.mlp.down_proj`));
}
