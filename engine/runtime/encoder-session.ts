import type { GraphSession } from './graph-session.ts';
import { type Opening, plainOpening } from './opening.ts';
import { float32, uint8 } from './session.ts';

/** An encoder's graph. */
export class EncoderSession {
  private readonly session: GraphSession;

  private constructor(session: GraphSession) {
    this.session = session;
  }

  static async open(file: string, opening: Opening = plainOpening): Promise<EncoderSession> {
    const { openGraph, onNotice, ...rest } = opening;
    return new EncoderSession(await openGraph({ ...rest, file, role: 'encoder' }, onNotice));
  }

  /** Frames [count, size, size, 3], bytes or floats as the graph takes them -> features [steps, tokens, width]. */
  async encode(frames: Uint8Array | Float32Array, size: number): Promise<Float32Array> {
    const count = frames.length / (size * size * 3);
    const shape = [count, size, size, 3];
    const feeds = { frames: frames instanceof Uint8Array ? uint8(frames, shape) : float32(frames, shape) };
    return (await this.session.run(feeds, ['features'])).features;
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
  private readonly session: GraphSession;

  private constructor(session: GraphSession) {
    this.session = session;
  }

  static async open(file: string, opening: Opening = plainOpening): Promise<VisualSession> {
    const { openGraph, onNotice, ...rest } = opening;
    return new VisualSession(await openGraph({ ...rest, file, role: 'visual' }, onNotice));
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
    const results = await this.session.run(feeds, this.session.outputNames);
    return { embeddings: results.visual!, mixing: results.mixing ?? null };
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}
