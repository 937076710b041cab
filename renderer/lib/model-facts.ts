import type {
  ModelMemory,
  ModelPart,
  ModelSummary,
  PartRole,
  Quality,
} from '../../engine/contract/models.ts';
import { memoryOf } from '../../engine/contract/models.ts';
import { formatCount } from './numbers.ts';

export const roleNames: Readonly<Record<PartRole, string>> = {
  encoder: 'Encoder',
  visual: 'Projectors and fusion',
  languageModel: 'Language model',
  adapter: 'Adapter',
  tokenizer: 'Tokenizer',
};

/**
 * Models with those that are them with an adapter. One whose model is gone, or has another language model since, stands alone.
 */
export function withAdapters(
  models: readonly ModelSummary[],
): readonly { readonly model: ModelSummary; readonly adapters: readonly ModelSummary[] }[] {
  const wordsOf = ({ parts }: ModelSummary) => parts.find(({ role }) => role === 'languageModel')?.key;
  const isBeside = (model: ModelSummary): boolean => {
    const base = models.find(({ id }) => id === model.adapterOf);
    return base !== undefined && wordsOf(base) === wordsOf(model);
  };
  const beside = models.filter(isBeside);
  return models
    .filter((model) => !isBeside(model))
    .map((model) => ({ model, adapters: beside.filter(({ adapterOf }) => adapterOf === model.id) }));
}

/** What the models take on disk: a part that several use is there once. `shared`: what that saves. */
export function diskOf(models: readonly ModelSummary[]): { readonly bytes: number; readonly saved: number } {
  const parts = new Map<string, number>();
  for (const part of models.flatMap((model) => model.parts)) parts.set(part.key, part.bytes);
  const bytes = [...parts.values()].reduce((sum, part) => sum + part, 0);
  const apart = models.reduce((sum, model) => sum + partBytes(model), 0);
  return { bytes, saved: apart - bytes };
}

function partBytes(model: ModelSummary): number {
  return model.parts.reduce((sum, part) => sum + part.bytes, 0);
}

/** "int8 · int4": what its parts are written at, finest first. */
export function precisionsOf(parts: readonly Pick<ModelPart, 'precision'>[]): string {
  const order = ['fp32', 'fp16', 'int8', 'int4'] as const;
  return order.filter((precision) => parts.some((part) => part.precision === precision)).join(' · ');
}

/** Each licence once, in the order of the parts. */
export function licencesOf(parts: readonly { readonly licence: string | null }[]): readonly string[] {
  return [...new Set(parts.map((part) => part.licence ?? 'not stated'))];
}

export type Fit = 'fits' | 'tight' | 'over';

/** Whether so much memory fits. The last eighth belongs to the system and to everything else that runs. */
export function fitOf(bytes: number, total: number): Fit {
  if (bytes > total) return 'over';
  return bytes > total * 0.875 ? 'tight' : 'fits';
}

export const fitWords: Readonly<Record<Fit, string>> = {
  fits: 'Fits',
  tight: 'Tight',
  over: 'Too large',
};

/** The tokens of an ordinary question with an ordinary answer, beside the video's. */
const talkTokens = 1024;

/** What answering an ordinary question takes: every frame of the encoder with most, and room to talk. */
export function usualMemory(model: ModelSummary): {
  readonly frames: number;
  readonly context: number;
  readonly bytes: number;
} {
  const frames = Math.max(1, ...model.encoders.map((encoder) => encoder.frames));
  const context = Math.min(model.contextLength, model.visualTokens + talkTokens);
  return { frames, context, bytes: memoryOf(model.memory, frames, context) };
}

/** The memory of a model without some of its encoders: their weights and their working sets are gone. */
export function memoryWithout(model: ModelSummary, left: ReadonlySet<string>): ModelMemory {
  const parts = model.parts.filter((part) => part.role === 'encoder' && left.has(part.id));
  const weights = model.memory.weights - parts.reduce((sum, part) => sum + part.bytes, 0);
  const perFrame = Object.entries(model.memory.perFrame).filter(([id]) => !left.has(id));
  return { ...model.memory, weights: Math.max(0, weights), perFrame: Object.fromEntries(perFrame) };
}

export interface QualityWords {
  readonly grade: 'same' | 'close' | 'off';
  readonly words: string;
  readonly figures: string;
}

/** How far a part is from its own fp32, in plain words and in figures. */
export function qualityWords(quality: Quality): QualityWords {
  const tokens = `${formatCount(quality.tokens)} tokens of the probe`;
  if (quality.kind === 'features') {
    const { meanCosine, minCosine } = quality;
    const figures = `cosine ${cosine(meanCosine)} on average, ${cosine(minCosine)} at worst, over ${tokens}`;
    if (meanCosine >= 0.9995) return { grade: 'same', words: 'Practically the same as fp32', figures };
    if (meanCosine >= 0.99) return { grade: 'close', words: 'Very close to fp32', figures };
    return { grade: 'off', words: 'Differs from fp32', figures };
  }
  const { meanKl, maxKl, greedyAgreement } = quality;
  const agree = `${(greedyAgreement * 100).toFixed(greedyAgreement > 0.995 && greedyAgreement < 1 ? 2 : 1)} %`;
  const figures = `same likeliest token ${agree}, KL ${nats(meanKl)} nats a token, ${nats(maxKl)} at worst, over ${tokens}`;
  if (greedyAgreement >= 0.995) return { grade: 'same', words: 'Practically the same as fp32', figures };
  if (greedyAgreement >= 0.95) return { grade: 'close', words: 'Nearly always picks fp32’s word', figures };
  return { grade: 'off', words: 'Often picks another word than fp32', figures };
}

function nats(value: number): string {
  return value > 0 && value < 0.0001 ? '< 0.0001' : String(Number(value.toPrecision(2)));
}

/** Digits where they tell something: 0.99987, never a rounded 1 that is not one. */
function cosine(value: number): string {
  const text = value.toFixed(value > 0.999 ? 5 : 3);
  return Number(text) === 1 && value < 1 ? '> 0.99999' : text;
}
