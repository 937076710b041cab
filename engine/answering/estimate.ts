import type { AskPlan } from '../contract/ask.ts';
import type { SpeedStore } from '../store/speeds.ts';
import type { PlanJob } from './answerer.ts';
import { type ClipPlan, planClip } from './clip-features.ts';
import { layoutPrompt } from './context.ts';
import type { FeatureCache } from './feature-cache.ts';
import type { LoadedModel } from './loaded-model.ts';
import { speedKeys } from './speed-keys.ts';

/** What a question will cost. Loads the tokenizer at most, never a session. */
export async function estimate(
  job: PlanJob,
  model: LoadedModel,
  tools: { readonly features: FeatureCache; readonly speeds: SpeedStore },
): Promise<AskPlan> {
  const { bundle } = model;
  const clip = planClip(model.model, job.video, job.clip);
  const segments = await model.prompt(job.turns, clip !== null);
  const prompt = layoutPrompt(segments, clip?.visualKey ?? null, model.visualTokens);
  const missing = clip === null ? [] : await missingFeatures(clip, tools.features);
  const used = prompt.items.length;
  const contextLeft = Math.max(0, bundle.contextLength - used);
  const warnings: string[] = [];
  if (contextLeft === 0) warnings.push(`The conversation is too long for ${bundle.name}: start a new one.`);
  else if (contextLeft < job.maxTokens) {
    warnings.push(`The answer can be at most ${contextLeft} tokens long: the context is nearly full.`);
  }
  return {
    encoders: clip === null ? [] : [...clip.frames],
    tokens: { visual: prompt.visualTokens, prompt: used, contextLength: bundle.contextLength, contextLeft },
    featuresCached: clip !== null && missing.length === 0,
    seconds: seconds(
      bundle.id,
      missing,
      used - (await model.cachedPrefix(prompt)),
      Math.min(job.maxTokens, contextLeft),
      tools.speeds,
    ),
    warnings,
  };
}

type Missing = ClipPlan['encoders'];

async function missingFeatures(clip: ClipPlan, features: FeatureCache): Promise<Missing> {
  const kept = await Promise.all(clip.encoders.map(({ key, length }) => features.has(key, length)));
  return clip.encoders.filter((_, i) => !kept[i]);
}

/** Null until every stage that is needed has been measured. */
function seconds(
  modelId: string,
  missing: Missing,
  newTokens: number,
  answerTokens: number,
  speeds: SpeedStore,
): AskPlan['seconds'] {
  const prefill = speeds.read(speedKeys.prefill(modelId));
  const generate = speeds.read(speedKeys.generate(modelId));
  const decode = speeds.read(speedKeys.decode);
  const encode = missing.map(({ encoder }) => speeds.read(speedKeys.encode(encoder.part.key)));
  if (prefill === null || generate === null) return null;
  if (missing.length > 0 && (decode === null || encode.includes(null))) return null;
  const frames = new Set(missing.flatMap(({ indexes }) => indexes)).size;
  const encoding = missing.reduce((sum, { encoder }, i) => sum + encoder.frames * (encode[i] ?? 0), 0);
  const firstToken = ((decode ?? 0) * frames + encoding) / 1000 + newTokens / prefill;
  return { firstToken, total: firstToken + answerTokens / generate };
}
