import { join } from 'node:path';
import type { Bundle, BundleEncoder } from '../models/bundle.ts';
import { prepareFrames } from '../models/prepare-frame.ts';
import { EncoderSession, VisualSession } from '../runtime/encoder-session.ts';
import type { DecodedFrame } from '../video/decode.ts';

/** What it needs of a bundle. */
type VisualParts = Pick<Bundle, 'encoders' | 'visual'>;

/** A model's encoders, projectors and fusion, loaded when first needed. */
export class VisualPath {
  private readonly folder: string;
  private readonly bundle: VisualParts;
  private readonly encoders = new Map<string, Promise<EncoderSession>>();
  private fusion: Promise<VisualSession> | null = null;

  constructor(folder: string, bundle: VisualParts) {
    this.folder = folder;
    this.bundle = bundle;
  }

  /** Loads the sessions, so that a question does not wait for them. */
  async warm(): Promise<void> {
    await Promise.all([
      ...this.bundle.encoders.map((encoder) => this.encoder(encoder)),
      this.fusionSession(),
    ]);
  }

  /**
   * Features [frames / framesPerStep, tokens, width] of one encoder, frame by frame or clip by clip; yields how many frames are done.
   * A frame that occurs twice is encoded once where frames stand alone.
   */
  async *encode(
    encoder: BundleEncoder,
    frames: readonly DecodedFrame[],
  ): AsyncGenerator<number, Float32Array> {
    const session = await this.encoder(encoder);
    const perFrame = (encoder.tokens * encoder.width) / encoder.framesPerStep;
    const features = new Float32Array(frames.length * perFrame);
    const group = encoder.clipFrames ?? 1;
    const known = new Map<number, number>();
    for (let from = 0; from < frames.length; from += group) {
      yield from;
      const part = frames.slice(from, from + group);
      const same = encoder.clipFrames === null ? known.get(part[0]!.index) : undefined;
      if (same !== undefined) {
        features.copyWithin(from * perFrame, same * perFrame, (same + 1) * perFrame);
        continue;
      }
      known.set(part[0]!.index, from);
      const squares = prepareFrames(part, encoder);
      features.set(await session.encode(squares, encoder.size), from * perFrame);
    }
    return features;
  }

  /** Features of every encoder, in the bundle's order -> visual embeddings [tokens, hidden]. */
  async embed(features: readonly Float32Array[]): Promise<Float32Array> {
    const fusion = await this.fusionSession();
    const { embeddings } = await fusion.embed(
      this.bundle.encoders.map(({ id, frames, framesPerStep, tokens, width }, i) => ({
        id,
        data: features[i]!,
        shape: [frames / framesPerStep, tokens, width],
      })),
    );
    return embeddings;
  }

  /** Frees the sessions; they are opened again when needed. */
  async release(): Promise<void> {
    const sessions = [...this.encoders.values(), ...(this.fusion === null ? [] : [this.fusion])];
    this.encoders.clear();
    this.fusion = null;
    const opened = await Promise.allSettled<EncoderSession | VisualSession>(sessions);
    await Promise.all(opened.map((result) => (result.status === 'fulfilled' ? result.value.close() : null)));
  }

  private encoder({ id, graph }: BundleEncoder): Promise<EncoderSession> {
    const session = this.encoders.get(id) ?? EncoderSession.open(join(this.folder, graph));
    this.encoders.set(id, session);
    return session;
  }

  private fusionSession(): Promise<VisualSession> {
    this.fusion ??= VisualSession.open(join(this.folder, this.bundle.visual.graph));
    return this.fusion;
  }
}
