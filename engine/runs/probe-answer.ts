import type { PromptRule } from '../models/bundle.ts';
import { conversationPrompt } from '../text/conversation-prompt.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { promptIds } from '../training/data/tokens.ts';
import { type Example, ignored } from '../training/example.ts';
import { fuseBatch } from '../training/fused-batch.ts';
import type { TrainingModel } from '../training/training-model.ts';
import type { KeptExample } from './examples.ts';

/** Tokens of a probe's answer at most: it is read again as a whole for each. */
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
  kept: KeptExample,
  { features }: Example,
): string {
  const bos = tokenizer.bosId === null ? [] : [tokenizer.bosId];
  const prompt =
    caption && rule.kind === 'builder'
      ? { ids: bos }
      : promptIds(
          conversationPrompt(rule, [{ role: 'user', text: kept.question }], tokenizer, features !== null),
        );
  const answer: number[] = [];
  while (answer.length < longestAnswer) {
    const ids = [...prompt.ids, ...answer];
    if (ids.length === 0) break;
    const next = likeliest(model, { ...prompt, ids, labels: ids.map(() => ignored), features }, begin);
    if (tokenizer.eosIds.has(next)) break;
    answer.push(next);
  }
  return tokenizer.decode(answer).trim();
}

function likeliest(model: TrainingModel, example: Example, begin: 0 | 1): number {
  const { torch } = model.parameters;
  return torch.scope(() =>
    torch.noGrad(() => {
      const { embeddings } = fuseBatch(model, [example], { begin, packTo: null });
      const outputs = model.layers(embeddings, null, null);
      const [, length, hidden] = outputs.shape as [number, number, number];
      const last = torch.reshape(torch.slice(outputs, 1, length - 1, length), [1, hidden]);
      const logits = torch.read(model.head(last));
      let best = 0;
      for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
      return best;
    }),
  );
}
