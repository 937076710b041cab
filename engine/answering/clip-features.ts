import { ExpectedError } from '../contract/errors.ts';
import type { Clip, EncoderFrames } from '../contract/video.ts';
import type { Model, ModelEncoder } from '../models/model.ts';
import { planFrames } from '../video/sampling.ts';
import type { OpenedVideo } from '../video/video.ts';
import type { FeatureKey } from './feature-cache.ts';

/** What each encoder of a model sees of a clip, and what its features are kept under. */
export interface ClipPlan {
  readonly encoders: readonly {
    readonly encoder: ModelEncoder;
    readonly indexes: readonly number[];
    readonly key: FeatureKey;
    /** Values in the features. */
    readonly length: number;
  }[];
  readonly frames: readonly EncoderFrames[];
  /** Names all features together: the same key, the same visual embeddings. */
  readonly visualKey: string;
}

/**
 * What a model sees of a question's video; null where it gets no visual tokens.
 * Throws ExpectedError 'clip_out_of_range' or 'no_frames'; 'model_unsupported' for a model that sees no video.
 */
export function planClip(model: Model, video: OpenedVideo | null, clip: Clip | null): ClipPlan | null {
  const { bundle, encoders: eyes } = model;
  if (video === null) return bundle.prompt.kind === 'builder' && eyes.length > 0 ? blankClip(model) : null;
  if (eyes.length === 0) {
    throw new ExpectedError(
      'model_unsupported',
      `${bundle.name} is a language model alone: it sees no video.`,
      'Take the video away, or choose a model with encoders.',
    );
  }
  const { info, timeline, fingerprint } = video;
  const counts = eyes.map((encoder) => encoder.frames);
  const { perEncoder } = planFrames({
    frameCount: info.frameCount,
    averageFps: info.fps,
    clip,
    counts,
    name: info.name,
  });
  const encoders = eyes.map((encoder, i) => {
    const indexes = perEncoder[i]!;
    if (indexes.length !== encoder.frames) {
      throw new ExpectedError(
        'model_unsupported',
        `The frame counts of ${bundle.name} do not divide each other.`,
        'Choose another model.',
      );
    }
    const key = { fingerprint, indexes, encoder: encoder.part.key };
    return { encoder, indexes, key, length: featureLength(encoder) };
  });
  return {
    encoders,
    frames: encoders.map(({ encoder, indexes }) => ({
      encoder: encoder.id,
      frames: indexes.map((index) => ({ index, seconds: timeline.seconds[index]! })),
    })),
    visualKey: JSON.stringify(encoders.map(({ key }) => key)),
  };
}

/**
 * The reference's models always get visual tokens: without a video those of pixel values that are all zero
 * (merv/models/vidlms/merv.py, `generate`).
 */
function blankClip({ encoders: eyes }: Model): ClipPlan {
  const encoders = eyes.map((encoder) => ({
    encoder,
    indexes: [],
    key: { fingerprint: `blank ${encoder.frames}`, indexes: [], encoder: encoder.part.key },
    length: featureLength(encoder),
  }));
  return { encoders, frames: [], visualKey: JSON.stringify(encoders.map(({ key }) => key)) };
}

/** Values in an encoder's features. */
function featureLength({ frames, spec }: ModelEncoder): number {
  return (frames / spec.framesPerStep) * spec.tokens * spec.width;
}
