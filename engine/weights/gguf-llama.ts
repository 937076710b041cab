import type { GgufSource } from './gguf.ts';
import { corrupt, unsupported } from './problems.ts';
import { renamed } from './rename.ts';
import type { TensorSource } from './tensor-source.ts';

const topLevel: ReadonlyMap<string, string> = new Map([
  ['token_embd.weight', 'model.embed_tokens.weight'],
  ['output_norm.weight', 'model.norm.weight'],
  ['output.weight', 'lm_head.weight'],
]);

const inBlock: ReadonlyMap<string, string> = new Map([
  ['attn_norm', 'input_layernorm'],
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['attn_output', 'self_attn.o_proj'],
  ['ffn_norm', 'post_attention_layernorm'],
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
  ['ffn_down', 'mlp.down_proj'],
]);

/**
 * A GGUF file of the architectures `llama` and `qwen2` with Hugging Face's names
 * (`model.layers.N.self_attn.q_proj.weight`, …); names: llama.cpp gguf-py/gguf/tensor_mapping.py.
 * `llama` files hold q and k with the rows of each head interleaved for llama.cpp's rope
 * (convert_hf_to_gguf.py, `LlamaModel.permute`); here they come out in Hugging Face's order again.
 * A file with a tied head has no `lm_head.weight`. Throws ExpectedError 'file_unsupported' for other architectures.
 */
export function withLlamaNames(source: GgufSource, path: string): TensorSource {
  const { metadata } = source;
  const architecture = metadata.get('general.architecture');
  if (architecture !== 'llama' && architecture !== 'qwen2') {
    throw unsupported(
      path,
      `is a model of architecture ${String(architecture)}`,
      'Use a LLaMA or Qwen2 model.',
    );
  }
  if (new Set([...source.tensors.keys()].map(huggingFaceName)).size < source.tensors.size) {
    throw corrupt(path, 'it holds a tensor under two names');
  }
  const named = renamed(source, huggingFaceName);
  if (architecture === 'qwen2') return named;
  const heads = metadata.get('llama.attention.head_count');
  const kvHeads = metadata.get('llama.attention.head_count_kv') ?? heads;
  if (!isCount(heads) || !isCount(kvHeads)) {
    throw unsupported(path, 'has no single number of attention heads');
  }
  return {
    ...named,
    read: async (name) => {
      const values = await named.read(name);
      const match = /\.self_attn\.([qk])_proj\.(weight|bias)$/.exec(name);
      if (!match) return values;
      const rows = named.tensors.get(name)?.shape[0] ?? 0;
      const headCount = match[1] === 'q' ? heads : kvHeads;
      if (rows % (headCount * 2) !== 0)
        throw unsupported(path, `has ${rows} rows in ${name} for ${headCount} heads`);
      return deinterleaveHeads(values, rows, headCount);
    },
  };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

function huggingFaceName(name: string): string {
  const match = /^blk\.(\d+)\.([a-z_]+)\.(weight|bias)$/.exec(name);
  const part = match && inBlock.get(match[2]!);
  return part ? `model.layers.${match[1]}.${part}.${match[3]}` : (topLevel.get(name) ?? name);
}

/**
 * Row `2 i + p` of a head becomes row `p d/2 + i` (p 0 or 1, d rows a head): the inverse of
 * `reshape(heads, 2, d/2, …).swapaxes(1, 2)`. `values` is [rows, …] row-major.
 */
export function deinterleaveHeads(values: Float32Array, rows: number, heads: number): Float32Array {
  const width = values.length / rows;
  const headRows = rows / heads;
  const half = headRows / 2;
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const head = Math.floor(row / headRows);
    const inHead = row % headRows;
    const from = head * headRows + (inHead % half) * 2 + Math.floor(inHead / half);
    out.set(values.subarray(from * width, (from + 1) * width), row * width);
  }
  return out;
}
