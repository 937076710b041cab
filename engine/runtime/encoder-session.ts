import { float32, openSession, runSession, type Session, uint8 } from './session.ts';

/** An encoder's graph. */
export class EncoderSession {
  private readonly session: Session;

  private constructor(session: Session) {
    this.session = session;
  }

  static async open(file: string): Promise<EncoderSession> {
    return new EncoderSession(await openSession(file));
  }

  /** Frames [count, size, size, 3] -> features [count, tokens, width]. */
  async encode(frames: Uint8Array, size: number): Promise<Float32Array> {
    const count = frames.length / (size * size * 3);
    const feeds = { frames: uint8(frames, [count, size, size, 3]) };
    return (await runSession(this.session, feeds, ['features'])).features;
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
