import type { AnswerEvent, AnswerStats } from '../contract/ask.ts';
import { cancelled, ExpectedError } from '../contract/errors.ts';
import type { SpeedStore } from '../store/speeds.ts';
import { type DecodedFrame, decodeFrames } from '../video/decode.ts';
import type { OpenedVideo } from '../video/video.ts';
import type { AnswerJob } from './answerer.ts';
import { type ClipPlan, planClip } from './clip-features.ts';
import { layoutPrompt, type PromptLayout } from './context.ts';
import type { FeatureCache } from './feature-cache.ts';
import type { GenerationResult } from './generate.ts';
import type { LoadedModel } from './loaded-model.ts';
import { speedKeys } from './speed-keys.ts';

export interface AnswerTools {
  readonly model: LoadedModel;
  readonly features: FeatureCache;
  readonly speeds: SpeedStore;
}

/** What has happened so far; becomes the answer's statistics, also when it is stopped halfway. */
interface Progress {
  text: string;
  generated: number;
  clip: ClipPlan | null;
  prompt: PromptLayout | null;
  cachedTokens: number;
  decodeMs: number;
  encodeMs: number;
  mixing: AnswerStats['mixing'];
  result: GenerationResult | null;
  generationStarted: number;
  readonly warnings: string[];
}

/**
 * The way of a question through the house: frames -> encoders -> projectors and fusion -> prompt -> tokens.
 * Throws ExpectedError; when the job's signal aborts it ends with a `done` event whose finish is 'cancelled'.
 */
export async function* answer(job: AnswerJob, tools: AnswerTools): AsyncGenerator<AnswerEvent> {
  const started = performance.now();
  const progress: Progress = {
    text: '',
    generated: 0,
    clip: null,
    prompt: null,
    cachedTokens: 0,
    decodeMs: 0,
    encodeMs: 0,
    mixing: null,
    result: null,
    generationStarted: started,
    warnings: [...(job.video?.info.warnings ?? [])],
  };
  try {
    yield* run(job, tools, progress);
  } catch (error) {
    if (!job.signal.aborted) throw error;
  }
  const stats = statistics(job, tools.model, progress, started);
  yield { type: 'done', text: progress.text, stats };
}

async function* run(job: AnswerJob, tools: AnswerTools, progress: Progress): AsyncGenerator<AnswerEvent> {
  const { model, speeds } = tools;
  const { bundle } = model;
  if (job.signal.aborted) throw cancelled();
  if (!model.ready) yield { type: 'loading', part: bundle.name };
  const { video } = job;
  progress.clip = planClip(model.model, video, job.clip);
  const gather = () => gatherClip(video, progress.clip, tools, job.signal);
  // A model that is not loaded yet has nothing in its context: the frames are decoded while it loads.
  const early = model.ready ? null : gather();

  const segments = await model.prompt(job.turns, progress.clip !== null);
  const prompt = layoutPrompt(segments, progress.clip?.visualKey ?? null, model.visualTokens);
  progress.prompt = prompt;
  requireRoom(prompt, bundle.contextLength, bundle.name);
  const text = await model.text();
  progress.cachedTokens = text.cachedPrefix(prompt);

  const visualNeeded = prompt.items.slice(progress.cachedTokens).some((item) => typeof item === 'string');
  let visual: Float32Array | null = null;
  if (progress.clip !== null) {
    const features = visualNeeded
      ? yield* clipFeatures(job, tools, progress, progress.clip, await (early ?? gather()))
      : yield* keptInContext(progress.clip);
    const tokens = features === null ? null : await model.visual.embed(features);
    if (tokens !== null) model.rememberMixing(progress.clip.visualKey, tokens.mixing);
    visual = tokens?.embeddings ?? null;
    progress.mixing = model.mixing(progress.clip.visualKey);
  }

  yield {
    type: 'prompt',
    visual: prompt.visualTokens,
    tokens: prompt.items.length,
    cached: progress.cachedTokens,
  };
  progress.generationStarted = performance.now();
  const generation = text.generate(prompt, visual, job.sampling, job.signal);
  for (let next = await generation.next(); ; next = await generation.next()) {
    if (next.done) {
      progress.result = next.value;
      break;
    }
    if (next.value.type === 'token') {
      progress.text += next.value.text;
      progress.generated = next.value.generated;
    }
    yield next.value;
  }
  const { result } = progress;
  // Bytes that make no UTF-8: the whole is decoded as the reference does it, which one by one cannot be.
  if (progress.text.includes('\uFFFD') && job.sampling.stop.length === 0) {
    progress.text = text.tokenizer.decode(result.ids);
  }
  model.remember(progress.text, result.ids);
  if (result.finish === 'length' && result.ids.length < job.sampling.maxTokens) {
    progress.warnings.push(
      `The answer ends here because the context of ${bundle.contextLength} tokens is full.`,
    );
  }
  const read = prompt.items.length - progress.cachedTokens;
  if (read >= 16) speeds.record(speedKeys.prefill(bundle.id), (read / result.prefillMs) * 1000);
  if (result.ids.length >= 4) {
    speeds.record(speedKeys.generate(bundle.id), (result.ids.length / result.generateMs) * 1000);
  }
}

function requireRoom(prompt: PromptLayout, contextLength: number, name: string): void {
  if (prompt.items.length < contextLength) return;
  throw new ExpectedError(
    'context_full',
    `The conversation needs ${prompt.items.length} tokens and ${name} reads at most ${contextLength}.`,
    'Start a new conversation or shorten the question.',
  );
}

/** Frames and features are what the context already holds: only said, not done. */
async function* keptInContext(clip: ClipPlan): AsyncGenerator<AnswerEvent, null> {
  yield { type: 'frames', encoders: [...clip.frames], ms: 0 };
  for (const { encoder } of clip.encoders) {
    yield {
      type: 'encoder',
      encoder: encoder.id,
      done: encoder.frames,
      total: encoder.frames,
      cached: true,
      ms: 0,
    };
  }
  return null;
}

/** What is known of a clip before anything is encoded: kept features by encoder, and the frames for the others. */
interface GatheredClip {
  readonly kept: readonly (Float32Array | null)[];
  /** By the number that was asked for; a damaged video may have given its neighbour instead. */
  readonly decoded: ReadonlyMap<number, DecodedFrame>;
  readonly decodeMs: number;
  readonly warnings: readonly string[];
}

const nothingDecoded = { decoded: new Map<number, DecodedFrame>(), decodeMs: 0, warnings: [] };

/** Reads kept features and decodes, once, all frames that the other encoders need. */
function gatherClip(
  video: OpenedVideo | null,
  clip: ClipPlan | null,
  { model, features: cache, speeds }: AnswerTools,
  signal: AbortSignal,
): Promise<GatheredClip> {
  const alone = model.ready;
  const gather = async (): Promise<GatheredClip> => {
    if (clip === null) return { kept: [], ...nothingDecoded };
    const kept = await Promise.all(clip.encoders.map(({ key, length }) => cache.read(key, length)));
    const wanted = [...new Set(clip.encoders.flatMap(({ indexes }, i) => (kept[i] === null ? indexes : [])))];
    if (video === null || wanted.length === 0) return { kept, ...nothingDecoded };
    const started = performance.now();
    const warnings: string[] = [];
    const onWarning = (sentence: string) => void warnings.push(sentence);
    const frames = await decodeFrames(video, wanted, { signal, onWarning });
    const decoded = new Map(wanted.map((index, i) => [index, frames[i]!]));
    const decodeMs = performance.now() - started;
    // Beside a loading model it takes longer than it would alone.
    if (alone) speeds.record(speedKeys.decode, decodeMs / wanted.length);
    return { kept, decoded, decodeMs, warnings };
  };
  const gathered = gather();
  // Whoever awaits it hears of a failure; one that nobody awaits, because something else failed first, is no bug.
  gathered.catch(() => {});
  return gathered;
}

/** Features of every encoder: kept ones as they are, the others from the decoded frames. */
async function* clipFeatures(
  job: AnswerJob,
  { model, features: cache, speeds }: AnswerTools,
  progress: Progress,
  clip: ClipPlan,
  { kept, decoded, decodeMs, warnings }: GatheredClip,
): AsyncGenerator<AnswerEvent, readonly Float32Array[]> {
  progress.decodeMs = decodeMs;
  progress.warnings.push(...warnings.filter((warning) => !progress.warnings.includes(warning)));
  const frames = framesShown(clip, decoded);
  progress.clip = { ...clip, frames };
  yield { type: 'frames', encoders: [...frames], ms: decodeMs };

  const all: Float32Array[] = [];
  for (const [i, { encoder, indexes, key }] of clip.encoders.entries()) {
    const event = { type: 'encoder', encoder: encoder.id, total: encoder.frames } as const;
    const known = kept[i];
    if (known) {
      yield { ...event, done: encoder.frames, cached: true, ms: 0 };
      all.push(known);
      continue;
    }
    const started = performance.now();
    const frames = indexes.map((index) => decoded.get(index)!);
    const encoding =
      job.video === null ? model.visual.encodeBlank(encoder) : model.visual.encode(encoder, frames);
    let step = await encoding.next();
    while (!step.done) {
      if (job.signal.aborted) throw cancelled();
      yield { ...event, done: step.value, cached: false, ms: performance.now() - started };
      step = await encoding.next();
    }
    const ms = performance.now() - started;
    progress.encodeMs += ms;
    if (job.video !== null) speeds.record(speedKeys.encode(encoder.part.key), ms / encoder.frames);
    yield { ...event, done: encoder.frames, cached: false, ms };
    all.push(step.value);
    // Features of stand-in frames are not those of the frames that the key names.
    if (warnings.length === 0) await cache.write(key, step.value);
  }
  return all;
}

/** The planned frames, with what stood in for those that could not be decoded. */
function framesShown(clip: ClipPlan, decoded: GatheredClip['decoded']): ClipPlan['frames'] {
  return clip.frames.map(({ encoder, frames }) => ({
    encoder,
    frames: frames.map((frame) => {
      const { index, seconds } = decoded.get(frame.index) ?? frame;
      return { index, seconds };
    }),
  }));
}

function statistics(job: AnswerJob, model: LoadedModel, progress: Progress, started: number): AnswerStats {
  const now = performance.now();
  const { result, prompt } = progress;
  return {
    model: model.bundle.id,
    frames: progress.clip === null ? [] : [...progress.clip.frames],
    tokens: {
      visual: prompt?.visualTokens ?? 0,
      prompt: prompt?.items.length ?? 0,
      cached: progress.cachedTokens,
      generated: result?.ids.length ?? progress.generated,
    },
    ms: {
      decode: progress.decodeMs,
      encode: progress.encodeMs,
      prefill: result?.prefillMs ?? 0,
      generate: result?.generateMs ?? now - progress.generationStarted,
      total: now - started,
    },
    finish: result?.finish ?? 'cancelled',
    seed: result?.seed ?? job.sampling.seed ?? 0,
    mixing: progress.mixing,
    warnings: [...progress.warnings, ...model.warnings],
  };
}
