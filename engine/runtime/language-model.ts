import type { GraphSession } from './graph-session.ts';
import { KeyValueCache, type KeyValueShape } from './kv-cache.ts';
import { type Opening, plainOpening } from './opening.ts';
import { float32 } from './session.ts';

export interface LanguageModelShape extends KeyValueShape {
  readonly hidden: number;
}

/** A decoder graph with its key-value cache. One conversation at a time. */
export class LanguageModel {
  readonly shape: LanguageModelShape;
  private readonly session: GraphSession;
  private readonly cache: KeyValueCache;

  private constructor(session: GraphSession, shape: LanguageModelShape) {
    this.session = session;
    this.shape = shape;
    this.cache = new KeyValueCache(shape);
  }

  static async open(
    file: string,
    shape: LanguageModelShape,
    opening: Opening = plainOpening,
  ): Promise<LanguageModel> {
    const { openGraph, onNotice, ...rest } = opening;
    return new LanguageModel(await openGraph({ ...rest, file, role: 'languageModel' }, onNotice), shape);
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
    const { logits, new_rows } = await this.session.run(feeds, ['logits', 'new_rows']);
    this.cache.append(new_rows, count);
    return logits;
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}
