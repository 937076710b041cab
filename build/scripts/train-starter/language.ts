import type { RunStep } from '../../../engine/contract/training.ts';
import type { LlamaConfig } from '../../../engine/models/llama.ts';
import { modulePrefixes } from '../../../engine/models/module-prefixes.ts';
import type { VisualPath } from '../../../engine/models/write-graphs.ts';
import type { Torch } from '../../../engine/native/torch.ts';
import { Parameters } from '../../../engine/nn/torch/parameters.ts';
import type { Weights } from '../../../engine/nn/weights.ts';
import { type ConversationRule, conversationPrompt } from '../../../engine/text/conversation-prompt.ts';
import type { Tokenizer } from '../../../engine/text/tokenizer.ts';
import { type AdapterSettings, addAdapters } from '../../../engine/training/adapters.ts';
import { promptedTokens, promptIds } from '../../../engine/training/data/tokens.ts';
import { type Example, ignored } from '../../../engine/training/example.ts';
import { generate } from '../../../engine/training/generate.ts';
import { type TrainingData, train } from '../../../engine/training/train.ts';
import { type TrainingModel, trainingModel } from '../../../engine/training/training-model.ts';
import type { SeenClip } from './clips.ts';
import type { Exchange } from './phrases.ts';

/** What is learned of the language model, and what the adapters' changes are scaled by. */
export const adapter: AdapterSettings = {
  rank: 16,
  alpha: 32,
  targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
};

const longest = 400;

export interface LanguageParts {
  readonly config: LlamaConfig;
  readonly words: Weights;
  readonly visual: VisualPath;
  readonly tokenizer: Tokenizer;
  readonly rule: ConversationRule;
}

/** The starter with untrained adapters; of its projectors only what labels are not learned. */
export async function languageModel(
  torch: Torch,
  { config, words, visual }: LanguageParts,
  seed: number,
): Promise<TrainingModel> {
  const parameters = new Parameters(torch, { device: 'cpu', compute: 'float32', master: 'float32' });
  await parameters.load(words, modulePrefixes.languageModel, () => false);
  for (const [i, { weights }] of visual.encoders.entries()) {
    const prefix = modulePrefixes.projector(i);
    // The object labels are the language model's own words; all else is learned.
    await parameters.load(weights, prefix, (name) => !(i === 0 && name === `${prefix}labels`));
  }
  addAdapters(parameters, adapter, seed);
  return trainingModel(
    {
      languageModel: config,
      encoders: visual.encoders.map(({ projector, shape }) => ({ projector, shape })),
      fusion: visual.fusion.kind,
      adapterAlpha: adapter.alpha,
    },
    parameters,
  );
}

/**
 * A conversation about a clip, or about none, as ids with their labels. `ended`: whether the last answer was complete; that an answer
 * ends where it was cut is not learned.
 */
export function exampleOf(
  { tokenizer, rule }: LanguageParts,
  clip: SeenClip | null,
  exchanges: readonly Exchange[],
  ended = true,
): Example {
  const row = {
    ...(clip === null ? {} : { video: 'drawn' }),
    conversations: exchanges.flatMap(({ question, answer }) => [
      { from: 'human' as const, value: question },
      { from: 'gpt' as const, value: answer },
    ]),
  };
  const { ids, labels: all, place } = promptedTokens(row, tokenizer, rule, longest);
  const labels = ended ? all : [...all.slice(0, -1), ignored];
  return { ids, labels, features: clip?.features ?? null, ...(place === undefined ? {} : { place }) };
}

/** The answer to a question without a video as the model stands, the likeliest token each time, and whether it ended within `most`. */
export function answerOf(
  model: TrainingModel,
  { tokenizer, rule }: LanguageParts,
  question: string,
  most: number,
): { readonly answer: string; readonly ended: boolean } {
  const prompt = promptIds(conversationPrompt(rule, [{ role: 'user', text: question }], tokenizer, false));
  const ids = generate(model, { ...prompt, features: null }, { begin: 0, most, stop: tokenizer.eosIds });
  return { answer: tokenizer.decode(ids).trim(), ended: ids.length < most };
}

export interface LanguagePlan {
  readonly folder: string;
  readonly batch: number;
  readonly rate: number;
  readonly seed: number;
}

/** One pass over the examples. */
export async function trainLanguage(
  model: TrainingModel,
  data: Pick<TrainingData, 'rows' | 'hash' | 'example'>,
  { folder, batch, rate, seed }: LanguagePlan,
  onStep: (record: RunStep) => void,
): Promise<void> {
  const steps = Math.floor(data.rows.length / batch);
  await train({
    model,
    folder,
    data: { ...data, keptOut: [] },
    plan: {
      stage: 'finetune',
      steps,
      batch,
      microBatch: batch,
      peakRate: rate,
      warmupRatio: 0.03,
      optimiser: { betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0.01 },
      step: { begin: 0, packTo: null, clip: 1, accumulate: 'tokens', checkpointing: false },
      order: 'shuffled',
      seed,
      saveEvery: 100,
      keepLast: 1,
      keepBest: false,
      patience: null,
    },
    wants: () => 'go on',
    onStep,
  });
}
