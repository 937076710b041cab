import { planClip } from '../answering/clip-features.ts';
import type { FeatureCache, FeatureKey } from '../answering/feature-cache.ts';
import { VisualPath } from '../answering/visual-path.ts';
import { cancelled, ExpectedError } from '../contract/errors.ts';
import type { Clip, EncoderFrames, Thumbnail } from '../contract/video.ts';
import type { Model } from '../models/model.ts';
import type { VisualPath as VisualSpec } from '../models/write-graphs.ts';
import type { Torch } from '../native/torch.ts';
import { onProcessor } from '../runtime/graph-session.ts';
import { decodeFrames } from '../video/decode.ts';
import type { Ffmpeg } from '../video/ffmpeg.ts';
import { thumbnails } from '../video/thumbnails.ts';
import { type OpenedVideo, openVideo } from '../video/video.ts';
import { pool, pooledShape, poolName } from './trainable.ts';

/** Where an example's features of one encoder are kept. */
export interface KeptFeatures {
  readonly key: FeatureKey;
  /** Values in them. */
  readonly length: number;
}

export interface EncodedClip {
  readonly features: readonly KeptFeatures[];
  readonly frames: readonly EncoderFrames[];
  /** False where all of them were kept from before. */
  readonly computed: boolean;
}

export interface ClipEncoderOptions {
  readonly torch: Torch;
  readonly model: Model;
  readonly visual: VisualSpec;
  readonly cache: FeatureCache;
  readonly ffmpeg: Ffmpeg;
  readonly signal: AbortSignal;
}

const pictureHeight = 144;

/** Makes the features of clips, pooled, and keeps them: each clip is encoded once, for all runs. */
export class ClipEncoder {
  private readonly options: ClipEncoderOptions;
  private readonly path: VisualPath;
  private opened: { readonly path: string; readonly video: OpenedVideo } | null = null;

  constructor(options: ClipEncoderOptions) {
    this.options = options;
    this.path = new VisualPath(options.model, onProcessor, () => {});
  }

  /**
   * Throws ExpectedError: of the video, 'clip_out_of_range', 'file_corrupt' where frames of it cannot be decoded,
   * 'disk_full', 'cancelled'.
   */
  async encode(media: string, clip: Clip | null): Promise<EncodedClip> {
    const { model, visual, cache, torch, signal } = this.options;
    const video = await this.video(media);
    const plan = planClip(model, video, clip);
    if (plan === null) throw new Error('a model with encoders plans every clip');
    const wanted = plan.encoders.map(({ key, indexes, encoder, length }, i) => {
      const { projector, shape } = visual.encoders[i]!;
      const [frames, tokens, width] = pooledShape(projector, shape);
      const kept = {
        key: { ...key, encoder: `${key.encoder}${poolName(projector)}` },
        length: frames * tokens * width,
      };
      return { kept, indexes, encoder, projector, shape, length };
    });
    const missing: typeof wanted = [];
    for (const each of wanted) {
      if (!(await cache.has(each.kept.key, each.kept.length))) missing.push(each);
    }
    const indexes = [...new Set(missing.flatMap((each) => each.indexes))];
    if (indexes.length > 0) {
      const decoded = await this.decode(video, indexes);
      for (const { kept, indexes: own, encoder, projector, shape } of missing) {
        const frames = own.map((index) => decoded.get(index)!);
        const work = this.path.encode(encoder, frames);
        let step = await work.next();
        while (!step.done) {
          if (signal.aborted) throw cancelled();
          step = await work.next();
        }
        await cache.write(kept.key, pool(torch, projector, shape, step.value));
        if (!(await cache.has(kept.key, kept.length))) throw notKept(media);
      }
    }
    return {
      features: wanted.map(({ kept }) => kept),
      frames: plan.frames,
      computed: missing.length > 0,
    };
  }

  /** Small pictures of these frames, each once. Throws ExpectedError of the video. */
  async pictures(media: string, frames: readonly EncoderFrames[]): Promise<readonly Thumbnail[]> {
    const video = await this.video(media);
    const indexes = [...new Set(frames.flatMap((each) => each.frames.map(({ index }) => index)))];
    const drawn: Thumbnail[] = [];
    for await (const picture of thumbnails(video, indexes, pictureHeight, this.options.signal))
      drawn.push(picture);
    return drawn;
  }

  /** Frees the encoders. */
  async release(): Promise<void> {
    this.opened = null;
    await this.path.release();
  }

  private async video(path: string): Promise<OpenedVideo> {
    if (this.opened?.path === path) return this.opened.video;
    const { ffmpeg, signal } = this.options;
    const video = await openVideo(path, { ffmpeg, signal });
    this.opened = { path, video };
    return video;
  }

  /** Never a neighbour in place of a frame that cannot be decoded: such a clip is no example. */
  private async decode(video: OpenedVideo, indexes: readonly number[]) {
    const warnings: string[] = [];
    const frames = await decodeFrames(video, indexes, {
      signal: this.options.signal,
      onWarning: (sentence) => void warnings.push(sentence),
    });
    if (warnings[0] !== undefined) {
      throw new ExpectedError('file_corrupt', warnings[0], 'Repair the video or take it out of the data.');
    }
    return new Map(indexes.map((index, i) => [index, frames[i]!]));
  }
}

function notKept(media: string): ExpectedError {
  return new ExpectedError(
    'disk_full',
    `The features of ${media} could not be written.`,
    'Free some space in the data folder, then resume.',
  );
}
