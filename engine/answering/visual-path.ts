import { join } from 'node:path';
import type { Model, ModelEncoder } from '../models/model.ts';
import { prepareFrames } from '../models/prepare-frame.ts';
import { EncoderSession, VisualSession, type VisualTokens } from '../runtime/encoder-session.ts';
import type { OnNotice, OpenGraph } from '../runtime/graph-session.ts';
import type { DecodedFrame } from '../video/decode.ts';

/** A model's encoders, projectors and fusion, loaded when first needed; empty for a language model alone. */
export class VisualPath {
  private readonly model: Pick<Model, 'encoders' | 'visual'>;
  private readonly openGraph: OpenGraph;
  private readonly onNotice: OnNotice;
  /** By the part's key. */
  private readonly encoders = new Map<string, Promise<EncoderSession>>();
  private fusion: Promise<VisualSession> | null = null;

  constructor(model: Pick<Model, 'encoders' | 'visual'>, openGraph: OpenGraph, onNotice: OnNotice) {
    this.model = model;
    this.openGraph = openGraph;
    this.onNotice = onNotice;
  }

  /** Loads the sessions, so that a question does not wait for them. */
  async warm(): Promise<void> {
    if (this.model.visual === null) return;
    await Promise.all([...this.model.encoders.map((encoder) => this.encoder(encoder)), this.fusionSession()]);
  }

  /**
   * Features [frames / framesPerStep, tokens, width] of one encoder, frame by frame or clip by clip; yields how many frames are done.
   * A frame that occurs twice is encoded once where frames stand alone.
   */
  async *encode(
    encoder: ModelEncoder,
    frames: readonly DecodedFrame[],
  ): AsyncGenerator<number, Float32Array> {
    const session = await this.encoder(encoder);
    const { spec } = encoder;
    const perFrame = (spec.tokens * spec.width) / spec.framesPerStep;
    const features = new Float32Array(frames.length * perFrame);
    const group = spec.clipFrames ?? 1;
    const known = new Map<number, number>();
    for (let from = 0; from < frames.length; from += group) {
      yield from;
      const part = frames.slice(from, from + group);
      const same = spec.clipFrames === null ? known.get(part[0]!.index) : undefined;
      if (same !== undefined) {
        features.copyWithin(from * perFrame, same * perFrame, (same + 1) * perFrame);
        continue;
      }
      known.set(part[0]!.index, from);
      const squares = prepareFrames(part, spec);
      features.set(await session.encode(squares, spec.size), from * perFrame);
    }
    return features;
  }

  /** Features of as many frames of pixel values that are all zero: one call, since they are all the same. */
  async *encodeBlank(encoder: ModelEncoder): AsyncGenerator<number, Float32Array> {
    yield 0;
    const session = await this.encoder(encoder);
    const { size, mean, clipFrames, framesPerStep, tokens, width } = encoder.spec;
    const group = clipFrames ?? 1;
    const squares = new Float32Array(group * size * size * 3).map((_, i) => mean[i % 3]! * 255);
    const some = await session.encode(squares, size);
    const features = new Float32Array((encoder.frames / framesPerStep) * tokens * width);
    for (let at = 0; at < features.length; at += some.length) features.set(some, at);
    return features;
  }

  /** Features of every encoder, in the model's order -> visual embeddings [tokens, hidden] and their mixture. */
  async embed(features: readonly Float32Array[]): Promise<VisualTokens> {
    const fusion = await this.fusionSession();
    return fusion.embed(
      this.model.encoders.map(({ id, frames, spec }, i) => ({
        id,
        data: features[i]!,
        shape: [frames / spec.framesPerStep, spec.tokens, spec.width],
      })),
    );
  }

  /** Loaded encoders that both have, so that a change between models that share them does not load them again. */
  takeOver(other: VisualPath): void {
    for (const { part } of this.model.encoders) {
      const session = other.encoders.get(part.key);
      if (session === undefined || this.encoders.has(part.key)) continue;
      other.encoders.delete(part.key);
      this.keep(part.key, session);
    }
  }

  /** Frees the sessions; they are opened again when needed. */
  async release(): Promise<void> {
    const sessions = [...this.encoders.values(), ...(this.fusion === null ? [] : [this.fusion])];
    this.encoders.clear();
    this.fusion = null;
    const opened = await Promise.allSettled<EncoderSession | VisualSession>(sessions);
    await Promise.all(opened.map((result) => (result.status === 'fulfilled' ? result.value.close() : null)));
  }

  private encoder({ folder, spec, part }: ModelEncoder): Promise<EncoderSession> {
    const { openGraph, onNotice } = this;
    const sizes = { frames: spec.clipFrames ?? spec.framesPerStep };
    const opening = { title: part.name, sizes, openGraph, onNotice };
    const known = this.encoders.get(part.key);
    return known ?? this.keep(part.key, EncoderSession.open(join(folder, spec.graph), opening));
  }

  private keep(key: string, session: Promise<EncoderSession>): Promise<EncoderSession> {
    this.encoders.set(key, session);
    // One that could not be opened is tried again by the next question.
    session.catch(() => {
      if (this.encoders.get(key) === session) this.encoders.delete(key);
    });
    return session;
  }

  private fusionSession(): Promise<VisualSession> {
    const { visual } = this.model;
    if (visual === null) throw new Error('a model without encoders has no fusion');
    const { openGraph, onNotice } = this;
    const opening = { title: visual.part.name, openGraph, onNotice };
    this.fusion ??= VisualSession.open(join(visual.folder, visual.spec.graph), opening);
    return this.fusion;
  }
}
