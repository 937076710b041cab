import type { PromptRule } from '../models/bundle.ts';
import { conversationPrompt } from '../text/conversation-prompt.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { promptIds } from '../training/data/tokens.ts';
import type { Example } from '../training/example.ts';
import { generate } from '../training/generate.ts';
import type { TrainingModel } from '../training/training-model.ts';
import type { KeptExample } from './examples.ts';

/** Tokens of a probe's answer at most. */
const longestAnswer = 32;

export interface ProbeOptions {
  readonly model: TrainingModel;
  readonly tokenizer: Tokenizer;
  readonly rule: PromptRule;
  /** Of the run's recipe: a caption is written behind the video alone. */
  readonly caption: boolean;
  readonly begin: 0 | 1;
}

/** What the model answers as it stands, the likeliest token each time. */
export function probeAnswer(
  { model, tokenizer, rule, caption, begin }: ProbeOptions,
  { question }: KeptExample,
  { features }: Example,
): string {
  const bos = tokenizer.bosId === null ? [] : [tokenizer.bosId];
  const turn = { role: 'user', text: question } as const;
  const prompt =
    caption && rule.kind === 'builder'
      ? { ids: bos }
      : promptIds(conversationPrompt(rule, [turn], tokenizer, features !== null));
  if (prompt.ids.length === 0 && features === null) return '';
  const answer = generate(
    model,
    { ...prompt, features },
    { begin, most: longestAnswer, stop: tokenizer.eosIds },
  );
  return tokenizer.decode(answer).trim();
}
