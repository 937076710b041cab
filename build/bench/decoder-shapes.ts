import type { LlamaConfig } from '../../engine/models/llama.ts';
import type { Shapes } from './random-weights.ts';

export interface DecoderSize {
  readonly hidden: number;
  readonly inner: number;
  readonly layers: number;
  readonly vocab: number;
  /** Width of keys and values, where they have fewer heads. */
  readonly keyValue?: number;
}

/** A LLaMA's tensors, with a head of its own. */
export function decoderShapes({ hidden, inner, layers, vocab, keyValue = hidden }: DecoderSize): Shapes {
  const shapes: Shapes = new Map();
  shapes.set('model.embed_tokens.weight', [vocab, hidden]);
  shapes.set('lm_head.weight', [vocab, hidden]).set('model.norm.weight', [hidden]);
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}`;
    for (const p of ['q', 'o']) shapes.set(`${at}.self_attn.${p}_proj.weight`, [hidden, hidden]);
    for (const p of ['k', 'v']) shapes.set(`${at}.self_attn.${p}_proj.weight`, [keyValue, hidden]);
    for (const p of ['gate', 'up']) shapes.set(`${at}.mlp.${p}_proj.weight`, [inner, hidden]);
    shapes.set(`${at}.mlp.down_proj.weight`, [hidden, inner]);
    for (const norm of ['input_layernorm', 'post_attention_layernorm'])
      shapes.set(`${at}.${norm}.weight`, [hidden]);
  }
  return shapes;
}

const headDim = 128;

export function decoderConfig({ hidden, layers, vocab }: DecoderSize): LlamaConfig {
  const heads = hidden / headDim;
  const rope = { theta: 10_000, headDim, positions: 2048, scaling: null };
  return { hidden, layers, heads, kvHeads: heads, vocab, eps: 1e-5, rope };
}

/** The same as config.json says it. */
export function decoderJson({ hidden, inner, layers, vocab }: DecoderSize): object {
  return {
    model_type: 'llama',
    hidden_size: hidden,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: hidden / headDim,
    vocab_size: vocab,
    rms_norm_eps: 1e-5,
    max_position_embeddings: 2048,
  };
}
