/**
 * The starter's language model, SmolLM2-135M: tokens a second at two context lengths and the reading of a prompt, next to
 * PyTorch transformers and llama.cpp. Run: `npx tsx build/bench/language-model.ts`.
 */
import { samplingSchema } from '../../engine/contract/sampling.ts';
import { fromGguf } from '../../engine/models/llama-config.ts';
import { writeEmbeddingTable, writeLanguageModel } from '../../engine/models/write-graphs.ts';
import type { LinearPrecision } from '../../engine/nn/precision.ts';
import { EmbeddingTable } from '../../engine/runtime/embedding-table.ts';
import { LanguageModel } from '../../engine/runtime/language-model.ts';
import { Sampler } from '../../engine/runtime/sampler.ts';
import { openGguf } from '../../engine/weights/gguf.ts';
import { withLlamaNames } from '../../engine/weights/gguf-llama.ts';
import { runAlone } from './alone.ts';
import { against, type Contender, interleaved, table, timed } from './measure.ts';
import { startPeer } from './peers.ts';
import { keptGraph, starter, starterPart } from './places.ts';

const steps = 12;
const rounds = 5;
const jobs = [
  { do: 'decode', context: 128, steps },
  { do: 'decode', context: 1024, steps },
  { do: 'prefill', tokens: 256 },
  { do: 'prefill', tokens: 1024 },
] as const;
type Job = (typeof jobs)[number];

/** Prompt tokens a call, as in engine/answering/generate.ts. */
const prefillChunk = 256;

export async function run(): Promise<void> {
  console.log('\nLanguage model: SmolLM2-135M-Instruct, greedy, one sequence');
  const folders = await starter();
  const { path } = await starterPart(folders, 'language-model');
  const gguf = await openGguf(path);
  const config = fromGguf(gguf.metadata, 4096);
  const weights = withLlamaNames(gguf, path);
  const rows = await keptGraph('embeddings', (file) => writeEmbeddingTable(file, weights, 'float16'));
  const embeddings = new EmbeddingTable(rows, {
    vocab: config.vocab,
    hidden: config.hidden,
    type: 'float16',
  });
  const { layers, kvHeads, hidden } = config;
  const open = async (precision: LinearPrecision): Promise<Engine> => {
    const file = await keptGraph(`smollm2-${precision}`, (target) =>
      writeLanguageModel(target, config, weights, { precision }),
    );
    const shape = { layers, kvHeads, headDim: config.rope.headDim, hidden };
    return ours(await LanguageModel.open(file, shape), embeddings);
  };
  const torch = await startPeer('torch_llama', {
    config: {
      hidden_size: hidden,
      intermediate_size: weights.tensors.get('model.layers.0.mlp.up_proj.weight')!.shape[0],
      num_hidden_layers: layers,
      num_attention_heads: config.heads,
      num_key_value_heads: kvHeads,
      vocab_size: config.vocab,
      rope_parameters: { rope_type: 'default', rope_theta: config.rope.theta },
      tie_word_embeddings: true,
      max_position_embeddings: 8192,
    },
  });
  const cpp = await startPeer('llama_cpp_python', { file: path });
  const engines = {
    'merv int8 (as shipped)': await open('int8'),
    'merv int4': await open('int4'),
    'merv fp32': await open('fp32'),
    ...(torch && { 'transformers fp32': torch }),
    ...(cpp && { 'llama.cpp Q4_1': cpp }),
  };
  await gguf.close();

  const results = new Map<string, number[]>(Object.keys(engines).map((name) => [name, []]));
  for (const job of jobs) {
    const contenders = Object.fromEntries(
      Object.entries(engines).map(([name, engine]) => [name, engine.measure(job)]),
    );
    const medians = await interleaved(contenders, job.do === 'prefill' && job.tokens > 512 ? 3 : rounds);
    for (const [name, ms] of Object.entries(medians)) results.get(name)!.push(ms);
  }
  for (const engine of Object.values(engines)) engine.close();

  const perSecond = (name: string): readonly number[] =>
    results.get(name)!.map((ms, i) => (1000 * tokensOf(jobs[i]!)) / ms);
  table(
    ['tokens/s (median)', ...jobs.map(titleOf)],
    [...results.keys()].map((name) => [name, ...perSecond(name)]),
  );
  for (const peer of ['transformers fp32', 'llama.cpp Q4_1']) {
    if (!results.has(peer)) continue;
    const rows = [...results.keys()].filter((name) => name.startsWith('merv'));
    const ratio = (name: string, i: number) => perSecond(name)[i]! / perSecond(peer)[i]!;
    table(
      [`× ${peer}`, ...jobs.map(titleOf)],
      rows.map((name) => [name, ...jobs.map((_, i) => ratio(name, i))]),
    );
    if (peer === 'transformers fp32') {
      const [near, far] = [0, 1].map((i) => against(ratio('merv int8 (as shipped)', i), 3));
      console.log(`  decode, int8 ÷ transformers fp32: ${near} at 128, ${far} at 1,024`);
    }
  }
}

const tokensOf = (job: Job): number => (job.do === 'prefill' ? job.tokens : 1);
const titleOf = (job: Job): string =>
  job.do === 'prefill' ? `prefill ${job.tokens}` : `decode at ${job.context}`;

interface Engine {
  measure(job: Job): Contender;
  close(): void;
}

/** Embedding, graph, key-value rows and sampling: all that a token costs. */
function ours(model: LanguageModel, embeddings: EmbeddingTable): Engine {
  const sampler = new Sampler(samplingSchema.parse({}));
  const read = async (count: number): Promise<void> => {
    model.truncate(0);
    const ids = Array.from({ length: count }, (_, i) => 100 + i);
    for (let from = 0; from < count; from += prefillChunk) {
      await model.forward(embeddings.rows(ids.slice(from, from + prefillChunk)));
    }
  };
  return {
    measure: (job) => async () => {
      if (job.do === 'prefill') return timed(() => read(job.tokens));
      if (model.length !== job.context) await read(job.context);
      let id = 100;
      const ms = await timed(async () => {
        for (let i = 0; i < job.steps; i++) {
          id = sampler.next(await model.forward(embeddings.rows([id])), new Set());
        }
      });
      model.truncate(job.context);
      return ms / job.steps;
    },
    close: () => void model.close(),
  };
}

await runAlone(import.meta.url, run);
