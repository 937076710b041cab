import { join } from 'node:path';
import { type Bundle, readBundle } from '../models/bundle.ts';
import { EmbeddingTable } from '../runtime/embedding-table.ts';
import { LanguageModel } from '../runtime/language-model.ts';
import { type ChatTemplate, chatTemplate } from '../text/chat-template.ts';
import { fromGguf } from '../text/gguf-tokenizer.ts';
import { buildPrompt, type ChatTurn, type PromptSegment } from '../text/prompt.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { openGguf } from '../weights/gguf.ts';
import type { PromptLayout } from './context.ts';
import { TextGenerator } from './generate.ts';
import { VisualPath } from './visual-path.ts';

/** Answers kept as ids, so that a follow-up's prompt is the same as what the model has read and written. */
const rememberedAnswers = 64;

/** One installed model. Its description is read at once, its sessions when they are first needed. */
export class LoadedModel {
  readonly bundle: Bundle;
  readonly visual: VisualPath;
  private readonly modelsFolder: string;
  private tokenizerPending: Promise<Tokenizer> | null = null;
  private textPending: Promise<TextGenerator> | null = null;
  private readonly answers = new Map<string, readonly number[]>();

  private constructor(modelsFolder: string, bundle: Bundle) {
    this.modelsFolder = modelsFolder;
    this.bundle = bundle;
    this.visual = new VisualPath(join(modelsFolder, bundle.id), bundle);
  }

  /** Throws ExpectedError 'model_missing' or 'model_incomplete'. */
  static async open(modelsFolder: string, id: string): Promise<LoadedModel> {
    return new LoadedModel(modelsFolder, await readBundle(join(modelsFolder, id)));
  }

  tokenizer(): Promise<Tokenizer> {
    this.tokenizerPending ??= this.openTokenizer();
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

  /** The conversation as the language model gets it, with the system turn that the model was made for. */
  async prompt(turns: readonly ChatTurn[], withVideo: boolean): Promise<readonly PromptSegment[]> {
    const tokenizer = await this.tokenizer();
    const { template, system, systemWithoutVideo, placement } = this.bundle.prompt;
    const instruction = withVideo ? system : systemWithoutVideo;
    const own = turns.some((turn) => turn.role === 'system') || instruction === null;
    const known = turns.map((turn): ChatTurn => {
      const ids = turn.role === 'assistant' ? this.answers.get(turn.text) : undefined;
      return ids === undefined ? turn : { ...turn, ids };
    });
    return buildPrompt({
      turns: own ? known : [{ role: 'system', text: instruction }, ...known],
      template: this.template(template, tokenizer),
      tokenizer,
      visual: withVideo ? placement : 'none',
    });
  }

  /** Remembers an answer's ids by its text. */
  remember(text: string, ids: readonly number[]): void {
    this.answers.set(text, ids);
    if (this.answers.size > rememberedAnswers)
      this.answers.delete(this.answers.keys().next().value as string);
  }

  /** Frees the sessions; they are opened again when needed. */
  async release(): Promise<void> {
    const pending = this.textPending;
    this.textPending = null;
    await this.visual.release();
    if (pending === null) return;
    const [text] = await Promise.allSettled([pending]);
    if (text.status === 'fulfilled') await text.value.close();
  }

  private template(source: string, tokenizer: Tokenizer): ChatTemplate {
    return chatTemplate(source, tokenizer.namedTokens);
  }

  private async openTokenizer(): Promise<Tokenizer> {
    const source = await openGguf(join(this.modelsFolder, this.bundle.tokenizer.file));
    try {
      return fromGguf(source.metadata);
    } finally {
      await source.close();
    }
  }

  private async openText(): Promise<TextGenerator> {
    const folder = join(this.modelsFolder, this.bundle.id);
    const { graph, embeddings, embeddingType, layers, kvHeads, headDim, hidden, vocab } =
      this.bundle.languageModel;
    const table = new EmbeddingTable(join(folder, embeddings), { vocab, hidden, type: embeddingType });
    const model = await LanguageModel.open(join(folder, graph), { layers, kvHeads, headDim, hidden });
    return new TextGenerator({
      model,
      table,
      tokenizer: await this.tokenizer(),
      contextLength: this.bundle.contextLength,
    });
  }
}
