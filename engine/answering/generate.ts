import { cancelled } from '../contract/errors.ts';
import type { Sampling } from '../contract/sampling.ts';
import { prefillChunk } from '../models/memory.ts';
import type { EmbeddingTable } from '../runtime/embedding-table.ts';
import type { LanguageModel } from '../runtime/language-model.ts';
import { Sampler } from '../runtime/sampler.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { type ContextItem, commonPrefix, embedItems, type PromptLayout } from './context.ts';
import { StopStrings } from './stop-strings.ts';

export type GenerationEvent =
  | { readonly type: 'prefill'; readonly done: number; readonly total: number }
  | { readonly type: 'token'; readonly text: string; readonly generated: number };

export interface GenerationResult {
  readonly finish: 'stop' | 'length';
  /** Sampled ids, without the one that ended the answer. */
  readonly ids: readonly number[];
  readonly seed: number;
  readonly prefillMs: number;
  readonly generateMs: number;
}

/** A language model, its table and tokenizer, and what its key-value cache holds. */
export class TextGenerator {
  readonly tokenizer: Tokenizer;
  private readonly model: LanguageModel;
  private readonly table: EmbeddingTable;
  private readonly contextLength: number;
  /** What the model's key-value cache holds, position by position. */
  private context: ContextItem[] = [];

  constructor(parts: {
    readonly model: LanguageModel;
    readonly table: EmbeddingTable;
    readonly tokenizer: Tokenizer;
    readonly contextLength: number;
  }) {
    this.model = parts.model;
    this.table = parts.table;
    this.tokenizer = parts.tokenizer;
    this.contextLength = parts.contextLength;
  }

  /** Positions of this prompt that need not be read again. The last one always is, for its logits. */
  cachedPrefix({ items }: PromptLayout): number {
    return Math.min(commonPrefix(this.context, items), items.length - 1);
  }

  /**
   * Reads what is new of the prompt, then samples. Events as they come; the result is the generator's return value.
   * Stops between two prefill chunks or two tokens with ExpectedError 'cancelled'.
   */
  async *generate(
    prompt: PromptLayout,
    visual: Float32Array | null,
    sampling: Sampling,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent, GenerationResult> {
    const started = performance.now();
    let logits: Float32Array = new Float32Array(0);
    for await (const step of this.read(prompt, visual, signal)) {
      logits = step.logits;
      yield { type: 'prefill', done: step.done, total: step.total };
    }
    const prefilled = performance.now();

    const { tokenizer } = this;
    const sampler = new Sampler(sampling);
    const stops = new StopStrings(sampling.stop);
    const stream = tokenizer.stream();
    const seen = new Set(prompt.items.filter((item) => typeof item === 'number'));
    const limit = Math.min(sampling.maxTokens, this.contextLength - prompt.items.length);
    const ids: number[] = [];
    const result = (finish: 'stop' | 'length'): GenerationResult => ({
      finish,
      ids,
      seed: sampler.seed,
      prefillMs: prefilled - started,
      generateMs: performance.now() - prefilled,
    });
    while (ids.length < limit) {
      if (signal.aborted) throw cancelled();
      const id = sampler.next(logits, seen);
      if (tokenizer.eosIds.has(id)) {
        const rest = stops.push(stream.end());
        const text = rest.stopped ? rest.text : rest.text + stops.end();
        if (text !== '') yield { type: 'token', text, generated: ids.length };
        return result('stop');
      }
      ids.push(id);
      seen.add(id);
      const { text, stopped } = stops.push(stream.push(id));
      if (text !== '') yield { type: 'token', text, generated: ids.length };
      if (stopped) return result('stop');
      if (ids.length < limit) logits = await this.forward([id], null);
    }
    const rest = stops.push(stream.end());
    const text = rest.stopped ? rest.text : rest.text + stops.end();
    if (text !== '') yield { type: 'token', text, generated: ids.length };
    return result('length');
  }

  /** The new part of the prompt in chunks; the logits that come with the last one are the prompt's. */
  private async *read(
    prompt: PromptLayout,
    visual: Float32Array | null,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly done: number; readonly total: number; readonly logits: Float32Array }> {
    const kept = this.cachedPrefix(prompt);
    this.model.truncate(kept);
    this.context = prompt.items.slice(0, kept);
    const total = prompt.items.length - kept;
    for (let from = kept; from < prompt.items.length; from += prefillChunk) {
      if (signal.aborted) throw cancelled();
      const part = prompt.items.slice(from, from + prefillChunk);
      yield { done: from + part.length - kept, total, logits: await this.forward(part, visual) };
    }
  }

  private async forward(items: readonly ContextItem[], visual: Float32Array | null): Promise<Float32Array> {
    const logits = await this.model.forward(embedItems(items, this.table, visual));
    this.context.push(...items);
    return logits;
  }

  async close(): Promise<void> {
    this.table.close();
    await this.model.close();
  }
}
