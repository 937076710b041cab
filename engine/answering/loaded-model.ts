import { join } from 'node:path';
import type { AnswerStats } from '../contract/ask.ts';
import type { Bundle } from '../models/bundle.ts';
import { type Model, readModel } from '../models/model.ts';
import { EmbeddingTable } from '../runtime/embedding-table.ts';
import type { OpenGraph } from '../runtime/graph-session.ts';
import { LanguageModel } from '../runtime/language-model.ts';
import { conversationPrompt } from '../text/conversation-prompt.ts';
import type { ChatTurn, PromptSegment } from '../text/prompt.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { PromptLayout } from './context.ts';
import { TextGenerator } from './generate.ts';
import { openTokenizer } from './open-tokenizer.ts';
import { VisualPath } from './visual-path.ts';

/** Answers and mixtures remembered of a model. */
const remembered = 64;

/** One installed model. Its description is read at once, its sessions when they are first needed. */
export class LoadedModel {
  readonly model: Model;
  readonly visual: VisualPath;
  private readonly openGraph: OpenGraph;
  /** Said while its parts were loaded and run. */
  private readonly notices = new Set<string>();
  private readonly onNotice = (sentence: string): void => void this.notices.add(sentence);
  private tokenizerPending: Promise<Tokenizer> | null = null;
  private textPending: Promise<TextGenerator> | null = null;
  /** As ids, so that a follow-up's prompt is the same as what the model has read and written. */
  private readonly answers = new Map<string, readonly number[]>();
  /** By the key of the features: a follow-up does not compute them again. */
  private readonly mixings = new Map<string, readonly number[]>();

  private constructor(model: Model, openGraph: OpenGraph) {
    this.model = model;
    this.openGraph = openGraph;
    this.visual = new VisualPath(model, openGraph, this.onNotice);
  }

  /** Throws ExpectedError 'model_missing' or 'model_incomplete'. */
  static async open(modelsFolder: string, id: string, openGraph: OpenGraph): Promise<LoadedModel> {
    return new LoadedModel(await readModel(modelsFolder, id), openGraph);
  }

  /** Whole sentences about parts that are not computed where they were meant to be. */
  get warnings(): readonly string[] {
    return [...this.notices];
  }

  get bundle(): Bundle {
    return this.model.bundle;
  }

  /** Positions of the context that a video takes. */
  get visualTokens(): number {
    return this.model.visual?.spec.tokens ?? 0;
  }

  tokenizer(): Promise<Tokenizer> {
    this.tokenizerPending ??= openTokenizer(this.model.tokenizer);
    // As below: what is repaired meanwhile is read again.
    this.tokenizerPending.catch(() => {
      this.tokenizerPending = null;
    });
    return this.tokenizerPending;
  }

  text(): Promise<TextGenerator> {
    this.textPending ??= this.openText();
    // A session that could not be opened is tried again by the next question.
    this.textPending.catch(() => {
      this.textPending = null;
    });
    return this.textPending;
  }

  /** How much of a prompt the loaded model's context holds already. */
  async cachedPrefix(prompt: PromptLayout): Promise<number> {
    return this.textPending === null ? 0 : (await this.textPending).cachedPrefix(prompt);
  }

  /** True once a question does not have to wait for the language model. */
  get ready(): boolean {
    return this.textPending !== null;
  }

  /** The conversation as the language model gets it; earlier answers as the ids that they were. */
  async prompt(turns: readonly ChatTurn[], withVideo: boolean): Promise<readonly PromptSegment[]> {
    const known = turns.map((turn): ChatTurn => {
      const ids = turn.role === 'assistant' ? this.answers.get(turn.text) : undefined;
      return ids === undefined ? turn : { ...turn, ids };
    });
    return conversationPrompt(this.bundle.prompt, known, await this.tokenizer(), withVideo);
  }

  /** Remembers an answer's ids by its text. */
  remember(text: string, ids: readonly number[]): void {
    keep(this.answers, text, ids);
  }

  /** How much of each encoder is in the visual tokens of these features; null where the fusion does not mix. */
  mixing(visualKey: string): AnswerStats['mixing'] {
    const weights = this.mixings.get(visualKey);
    if (weights === undefined) return null;
    return this.model.encoders.map(({ id }, i) => ({ encoder: id, weight: weights[i] ?? 0 }));
  }

  rememberMixing(visualKey: string, weights: Float32Array | null): void {
    if (weights !== null) keep(this.mixings, visualKey, [...weights]);
  }

  /** Frees the sessions; they are opened again when needed. */
  async release(): Promise<void> {
    const pending = this.textPending;
    this.textPending = null;
    this.notices.clear();
    await this.visual.release();
    if (pending === null) return;
    const [text] = await Promise.allSettled([pending]);
    if (text.status === 'fulfilled') await text.value.close();
  }

  private async openText(): Promise<TextGenerator> {
    const { folder, spec, part } = this.model.languageModel;
    const { adapter } = this.model;
    const { graph, embeddings, embeddingType, vocab, hidden } = spec;
    const table = new EmbeddingTable(join(folder, embeddings), { vocab, hidden, type: embeddingType });
    const { openGraph, onNotice } = this;
    const opening = { title: part.name, openGraph, onNotice };
    const model =
      adapter === null
        ? await LanguageModel.open(join(folder, graph), spec, opening)
        : await LanguageModel.open(join(adapter.folder, adapter.spec.graph), spec, {
            ...opening,
            weights: folder,
          });
    return new TextGenerator({
      model,
      table,
      tokenizer: await this.tokenizer(),
      contextLength: this.bundle.contextLength,
    });
  }
}

/** The oldest goes when there are too many. */
function keep<T>(all: Map<string, T>, key: string, value: T): void {
  all.set(key, value);
  if (all.size > remembered) all.delete(all.keys().next().value as string);
}
