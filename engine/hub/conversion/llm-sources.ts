/** Where the reference takes a base language model from (merv/models/backbones/llm); MERV needs its tokenizer only. */
export interface LlmSource {
  readonly repo: string;
  readonly name: string;
  /** Stated by the authors, where the repository states none. */
  readonly licence: string;
}

const sources: Readonly<Record<string, LlmSource>> = {
  'llama2-7b-pure': { repo: 'meta-llama/Llama-2-7b-hf', name: 'LLaMA-2 7B', licence: 'llama2' },
  'llama2-13b-pure': { repo: 'meta-llama/Llama-2-13b-hf', name: 'LLaMA-2 13B', licence: 'llama2' },
  'llama2-7b-chat': { repo: 'meta-llama/Llama-2-7b-chat-hf', name: 'LLaMA-2 7B Chat', licence: 'llama2' },
  'llama2-13b-chat': { repo: 'meta-llama/Llama-2-13b-chat-hf', name: 'LLaMA-2 13B Chat', licence: 'llama2' },
  'vicuna-v15-7b': { repo: 'lmsys/vicuna-7b-v1.5', name: 'Vicuna 1.5 7B', licence: 'llama2' },
  'vicuna-v15-13b': { repo: 'lmsys/vicuna-13b-v1.5', name: 'Vicuna 1.5 13B', licence: 'llama2' },
  'llama3-8b-pure': { repo: 'meta-llama/Meta-Llama-3-8B', name: 'LLaMA-3 8B', licence: 'llama3' },
  'llama3-8b-chat': {
    repo: 'meta-llama/Meta-Llama-3-8B-Instruct',
    name: 'LLaMA-3 8B Instruct',
    licence: 'llama3',
  },
  'llama3.1-8b-chat': {
    repo: 'meta-llama/Meta-Llama-3.1-8B-Instruct',
    name: 'LLaMA-3.1 8B Instruct',
    licence: 'llama3.1',
  },
  'qwen2.5-7b-instruct': {
    repo: 'Qwen/Qwen2.5-7B-Instruct',
    name: 'Qwen2.5 7B Instruct',
    licence: 'apache-2.0',
  },
  'qwen2.5-3b-instruct': {
    repo: 'Qwen/Qwen2.5-3B-Instruct',
    name: 'Qwen2.5 3B Instruct',
    licence: 'qwen-research',
  },
};

/** Null for an id that the reference does not know. */
export function llmSource(id: string): LlmSource | null {
  return Object.hasOwn(sources, id) ? sources[id]! : null;
}
