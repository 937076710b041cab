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

  /** Frames [count, size, size, 3], bytes or floats as the graph takes them -> features [steps, tokens, width]. */
  async encode(frames: Uint8Array | Float32Array, size: number): Promise<Float32Array> {
    const count = frames.length / (size * size * 3);
    const shape = [count, size, size, 3];
    const feeds = { frames: frames instanceof Uint8Array ? uint8(frames, shape) : float32(frames, shape) };
    return (await runSession(this.session, feeds, ['features'])).features;
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}

export interface VisualTokens {
  /** [tokens, hidden] */
  readonly embeddings: Float32Array;
  /** How much of each encoder is in them, adding up to 1; null where the fusion has no such weights. */
  readonly mixing: Float32Array | null;
}

/** The projectors and the fusion. */
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
  ): Promise<VisualTokens> {
    const feeds = Object.fromEntries(
      features.map(({ id, data, shape }) => [`features_${id}`, float32(data, shape)]),
    );
    const results = await runSession(this.session, feeds, this.session.outputNames);
    return { embeddings: results.visual!, mixing: results.mixing ?? null };
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}
