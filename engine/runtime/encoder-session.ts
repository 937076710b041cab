import type { GraphSession } from './graph-session.ts';
import { type Opening, plainOpening } from './opening.ts';
import { float32 } from './session.ts';

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

  /** Frames [count, size, size, 3], levels 0 to 255 -> features [steps, tokens, width]. */
  async encode(frames: Uint8Array | Float32Array, size: number): Promise<Float32Array> {
    const count = frames.length / (size * size * 3);
    const shape = [count, size, size, 3];
    const levels = frames instanceof Uint8Array ? new Float32Array(frames) : frames;
    const feeds = { frames: float32(levels, shape) };
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
