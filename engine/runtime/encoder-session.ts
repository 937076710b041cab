import { float32, int64, openSession, runSession, type Session, uint8 } from './session.ts';

export interface FrameBatch {
  /** [count, height, width, 3] */
  readonly rgb: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly resizeTo: readonly [number, number];
  readonly cropFrom: readonly [number, number];
}

/** An encoder's graph, preprocessing included. */
export class EncoderSession {
  private readonly session: Session;

  private constructor(session: Session) {
    this.session = session;
  }

  static async open(file: string): Promise<EncoderSession> {
    return new EncoderSession(await openSession(file));
  }

  /** Features [count, tokens, width] of the frames. */
  async encode(batch: FrameBatch): Promise<Float32Array> {
    return (await this.run(batch, ['features'])).features;
  }

  /** Pixel values [count, 3, size, size] as well, to look at what the encoder saw. */
  async encodeWithPixels(
    batch: FrameBatch,
  ): Promise<{ readonly features: Float32Array; readonly pixels: Float32Array }> {
    return this.run(batch, ['features', 'pixels']);
  }

  private run<Name extends string>(
    batch: FrameBatch,
    outputs: readonly Name[],
  ): Promise<Record<Name, Float32Array>> {
    const feeds = {
      frames: uint8(batch.rgb, [batch.count, batch.height, batch.width, 3]),
      resize_to: int64(batch.resizeTo),
      crop_from: int64(batch.cropFrom),
    };
    return runSession(this.session, feeds, outputs);
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}

/** The projectors and the fusion: features of every encoder -> visual embeddings [tokens, hidden]. */
export class VisualSession {
  private readonly session: Session;

  private constructor(session: Session) {
    this.session = session;
  }

  static async open(file: string): Promise<VisualSession> {
    return new VisualSession(await openSession(file));
  }

  async embed(
    features: readonly {
      readonly id: string;
      readonly data: Float32Array;
      readonly shape: readonly number[];
    }[],
  ): Promise<Float32Array> {
    const feeds = Object.fromEntries(
      features.map(({ id, data, shape }) => [`features_${id}`, float32(data, shape)]),
    );
    return (await runSession(this.session, feeds, ['visual'])).visual;
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}
