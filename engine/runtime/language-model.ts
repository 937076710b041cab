import { KeyValueCache, type KeyValueShape } from './kv-cache.ts';
import { float32, openSession, runSession, type Session } from './session.ts';

export interface LanguageModelShape extends KeyValueShape {
  readonly hidden: number;
}

/** A decoder graph with its key-value cache. One conversation at a time. */
export class LanguageModel {
  readonly shape: LanguageModelShape;
  private readonly session: Session;
  private readonly cache: KeyValueCache;

  private constructor(session: Session, shape: LanguageModelShape) {
    this.session = session;
    this.shape = shape;
    this.cache = new KeyValueCache(shape);
  }

  static async open(file: string, shape: LanguageModelShape): Promise<LanguageModel> {
    return new LanguageModel(await openSession(file), shape);
  }

  /** Tokens whose keys and values are kept. */
  get length(): number {
    return this.cache.length;
  }

  truncate(length: number): void {
    this.cache.truncate(length);
  }

  /** Continues with embeddings [T, hidden]; the logits [vocab] of the last of them. */
  async forward(embeddings: Float32Array): Promise<Float32Array> {
    const count = embeddings.length / this.shape.hidden;
    const feeds = {
      ...this.cache.feeds(),
      inputs_embeds: float32(embeddings, [1, count, this.shape.hidden]),
    };
    const { logits, new_rows } = await runSession(this.session, feeds, ['logits', 'new_rows']);
    this.cache.append(new_rows, count);
    return logits;
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}
