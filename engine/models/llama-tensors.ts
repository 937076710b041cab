import { ExpectedError } from '../contract/errors.ts';
import { type Weights, weightShape } from '../nn/weights.ts';
import type { LlamaConfig } from './llama.ts';

/**
 * Checks that every tensor of the decoder is there in the shape that the configuration promises. Throws ExpectedError
 * 'model_incomplete' for one that is missing, 'model_unsupported' for one of another shape.
 */
export function requireLlamaTensors(config: LlamaConfig, weights: Weights): void {
  const { hidden, heads, kvHeads, vocab, rope } = config;
  const query = heads * rope.headDim;
  const keyValue = kvHeads * rope.headDim;
  const inner = weightShape(weights, 'model.layers.0.mlp.gate_proj.weight')[0]!;
  const inLayer: Readonly<Record<string, readonly number[]>> = {
    'input_layernorm.weight': [hidden],
    'post_attention_layernorm.weight': [hidden],
    'self_attn.q_proj.weight': [query, hidden],
    'self_attn.k_proj.weight': [keyValue, hidden],
    'self_attn.v_proj.weight': [keyValue, hidden],
    'self_attn.o_proj.weight': [hidden, query],
    'mlp.gate_proj.weight': [inner, hidden],
    'mlp.up_proj.weight': [inner, hidden],
    'mlp.down_proj.weight': [hidden, inner],
  };
  require(weights, 'model.embed_tokens.weight', [vocab, hidden]);
  require(weights, 'model.norm.weight', [hidden]);
  if (weights.tensors.has('lm_head.weight')) require(weights, 'lm_head.weight', [vocab, hidden]);
  for (let layer = 0; layer < config.layers; layer++) {
    for (const [name, shape] of Object.entries(inLayer)) {
      require(weights, `model.layers.${layer}.${name}`, shape);
    }
  }
}

function require(weights: Weights, name: string, shape: readonly number[]): void {
  const stored = weightShape(weights, name);
  if (stored.join() === shape.join()) return;
  throw new ExpectedError(
    'model_unsupported',
    `The model's tensor ${name} is ${stored.join(' × ')}, where its configuration needs ${shape.join(' × ')}.`,
    'Check that the configuration and the weights belong together.',
  );
}
