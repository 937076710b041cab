import type { Torch } from '../../../engine/native/torch.ts';
import { Parameters } from '../../../engine/nn/torch/parameters.ts';
import { addAdapters } from '../../../engine/training/adapters.ts';
import { type Example, ignored } from '../../../engine/training/example.ts';
import { randomNumbers } from '../../../engine/training/random.ts';
import type { TrainingData, TrainingPlan } from '../../../engine/training/train.ts';
import { type TrainingModel, trainingModel } from '../../../engine/training/training-model.ts';

const [hidden, vocab, layers, inner, width] = [32, 64, 2, 48, 12];

/** A language model with grouped queries and one encoder behind a linear projector, random. */
export function tinyModel(
  torch: Torch,
  how: { readonly lora?: boolean; readonly bfloat16?: boolean } = {},
): TrainingModel {
  const compute = how.bfloat16 === true ? 'bfloat16' : 'float32';
  const parameters = new Parameters(torch, { device: 'cpu', compute, master: 'float32' });
  const random = randomNumbers(5);
  const learns = (name: string) => how.lora !== true || !name.startsWith('llm_backbone');
  const add = (name: string, shape: readonly number[], around = 0) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Float32Array.from({ length: size }, () => around + (random() - 0.5) * 0.4);
    parameters.set(name, values, shape, learns(name));
  };
  const llm = 'llm_backbone.llm.';
  add(`${llm}model.embed_tokens.weight`, [vocab, hidden]);
  for (let layer = 0; layer < layers; layer++) {
    const at = `${llm}model.layers.${layer}.`;
    add(`${at}input_layernorm.weight`, [hidden], 1);
    for (const part of ['q', 'o']) add(`${at}self_attn.${part}_proj.weight`, [hidden, hidden]);
    for (const part of ['k', 'v']) add(`${at}self_attn.${part}_proj.weight`, [hidden / 2, hidden]);
    add(`${at}post_attention_layernorm.weight`, [hidden], 1);
    for (const part of ['gate', 'up']) add(`${at}mlp.${part}_proj.weight`, [inner, hidden]);
    add(`${at}mlp.down_proj.weight`, [hidden, inner]);
  }
  add(`${llm}model.norm.weight`, [hidden], 1);
  add(`${llm}lm_head.weight`, [vocab, hidden]);
  add('projectors.0.projector.projector.weight', [hidden, width]);
  add('projectors.0.projector.projector.bias', [hidden]);
  if (how.lora === true) addAdapters(parameters, { rank: 4, alpha: 8, targets: ['q_proj', 'v_proj'] }, 3);
  const rope = { theta: 10_000, headDim: 8, positions: 64, scaling: null };
  const languageModel = { hidden, layers, heads: 4, kvHeads: 2, vocab, eps: 1e-5, rope };
  const projector = { kind: 'average', frames: 2, side: 2, mlp: 'linear' } as const;
  return trainingModel(
    { languageModel, encoders: [{ projector, shape: [2, 4, width] }], fusion: 'first', adapterAlpha: 8 },
    parameters,
  );
}

export function tinyData(keptOut: readonly number[] = [], count = 10): TrainingData {
  const random = randomNumbers(11);
  const examples = Array.from({ length: count }, (_, i): Example => {
    const ids = Array.from({ length: 5 + Math.floor(random() * 12) }, () => Math.floor(random() * vocab));
    const features =
      i % 4 === 3 ? null : [Float32Array.from({ length: 2 * 4 * width }, () => random() - 0.5)];
    return { ids, labels: ids.map((id, place) => (place < 2 ? ignored : id)), features };
  });
  return {
    rows: examples.map(({ ids, features }) => ({ picture: features !== null, words: ids.length })),
    hash: `tiny ${count}`,
    example: async (row) => examples[row]!,
    keptOut,
  };
}

export const tinyPlan: TrainingPlan = {
  stage: 'finetune',
  steps: 8,
  batch: 4,
  microBatch: 2,
  peakRate: 1e-2,
  warmupRatio: 0.25,
  optimiser: { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.1 },
  step: { begin: 1, packTo: null, clip: 1, accumulate: 'tokens', checkpointing: false },
  order: 'split-modality',
  seed: 7,
  saveEvery: 3,
  keepLast: 2,
  keepBest: false,
  patience: null,
};
