import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import type { LlamaConfig } from './llama.ts';

const scalingSchema = z.object({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  factor: z.number().optional(),
  low_freq_factor: z.number().optional(),
  high_freq_factor: z.number().optional(),
  original_max_position_embeddings: z.number().optional(),
});

/** The fields of Hugging Face's config.json that decide the arithmetic. */
const hfSchema = z.object({
  model_type: z.string(),
  hidden_size: z.number().int(),
  num_hidden_layers: z.number().int(),
  num_attention_heads: z.number().int(),
  num_key_value_heads: z.number().int().optional(),
  head_dim: z.number().int().nullish(),
  vocab_size: z.number().int(),
  rms_norm_eps: z.number(),
  rope_theta: z.number().default(10_000),
  rope_scaling: scalingSchema.nullish(),
  max_position_embeddings: z.number().int(),
  use_sliding_window: z.boolean().nullish(),
});

const families = new Set(['llama', 'qwen2']);

/**
 * From a folder's config.json. `contextLength` caps the positions that rotary tables are made for.
 * Throws ExpectedError 'model_unsupported' for another family or a rope scaling that is not `llama3`.
 */
export function fromHuggingFace(json: unknown, contextLength: number): LlamaConfig {
  const parsed = hfSchema.safeParse(json);
  if (!parsed.success)
    throw unsupported(`its config.json is not a LLaMA's: ${z.prettifyError(parsed.error)}`);
  const config = parsed.data;
  if (!families.has(config.model_type)) throw unsupported(`its model_type is ${config.model_type}`);
  if (config.use_sliding_window) throw unsupported('it uses sliding-window attention');
  const headDim = config.head_dim ?? config.hidden_size / config.num_attention_heads;
  return {
    hidden: config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    kvHeads: config.num_key_value_heads ?? config.num_attention_heads,
    vocab: config.vocab_size,
    eps: config.rms_norm_eps,
    rope: {
      theta: config.rope_theta,
      headDim,
      positions: Math.min(contextLength, config.max_position_embeddings),
      scaling: ropeScaling(config.rope_scaling ?? null),
    },
  };
}

function ropeScaling(scaling: z.infer<typeof scalingSchema> | null): LlamaConfig['rope']['scaling'] {
  const kind = scaling?.rope_type ?? scaling?.type ?? 'default';
  if (scaling === null || kind === 'default') return null;
  const { factor, low_freq_factor, high_freq_factor, original_max_position_embeddings } = scaling;
  if (
    kind !== 'llama3' ||
    factor === undefined ||
    low_freq_factor === undefined ||
    high_freq_factor === undefined ||
    original_max_position_embeddings === undefined
  ) {
    throw unsupported(`its rope scaling is ${kind}`);
  }
  return {
    factor,
    lowFreqFactor: low_freq_factor,
    highFreqFactor: high_freq_factor,
    originalPositions: original_max_position_embeddings,
  };
}

/** From a GGUF file's metadata with architecture `llama` or `qwen2`. */
export function fromGguf(metadata: ReadonlyMap<string, unknown>, contextLength: number): LlamaConfig {
  const architecture = metadata.get('general.architecture');
  if (typeof architecture !== 'string' || !families.has(architecture)) {
    throw unsupported(`its architecture is ${String(architecture)}`);
  }
  const number = (key: string, fallback?: number): number => {
    const value = metadata.get(`${architecture}.${key}`) ?? fallback;
    if (typeof value === 'number') return value;
    if (typeof value === 'bigint') return Number(value);
    throw unsupported(`its metadata lacks ${architecture}.${key}`);
  };
  const scaling = metadata.get(`${architecture}.rope.scaling.type`) ?? 'none';
  if (scaling !== 'none') throw unsupported(`its rope scaling is ${String(scaling)}`);
  const hidden = number('embedding_length');
  const heads = number('attention.head_count');
  const vocabulary = metadata.get('tokenizer.ggml.tokens');
  return {
    hidden,
    layers: number('block_count'),
    heads,
    kvHeads: number('attention.head_count_kv', heads),
    vocab: Array.isArray(vocabulary) ? vocabulary.length : number('vocab_size'),
    eps: number('attention.layer_norm_rms_epsilon'),
    rope: {
      theta: number('rope.freq_base', 10_000),
      headDim: number('rope.dimension_count', hidden / heads),
      positions: Math.min(contextLength, number('context_length')),
      scaling: null,
    },
  };
}

function unsupported(reason: string): ExpectedError {
  return new ExpectedError(
    'model_unsupported',
    `This language model cannot be used: ${reason}.`,
    'Choose a LLaMA, Vicuna, SmolLM2 or Qwen2 model.',
  );
}
