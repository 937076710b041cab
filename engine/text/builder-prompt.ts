import { afterBos, answerIds, type ChatTurn, type PromptSegment } from './prompt.ts';
import { type BuilderName, writeTurns } from './prompt-builders/builders.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface BuilderPromptRequest {
  /** A conversation; a system turn may come first, the last one is the user's. */
  readonly turns: readonly ChatTurn[];
  readonly builder: BuilderName;
  readonly tokenizer: Tokenizer;
  /** The video goes behind the id that begins the prompt, or to index 0 where there is none (merv.py, `forward`). */
  readonly withVideo: boolean;
}

/**
 * Turns to token ids as the reference's `generate` makes them from `get_prompt`, the id that begins a prompt included. What
 * was typed is taken literally, which the reference does not do: there a typed `</s>` ends the text.
 *
 * Prompts of one conversation extend each other as {@link buildPrompt}'s do: an answer is taken as it was generated where
 * its ids are known, and else cut as the reference cuts the whole text, as long as that leaves the prompt before it alone.
 * Throws ExpectedError 'bad_request' or 'model_unsupported', see {@link writeTurns}.
 */
export function builderPrompt(request: BuilderPromptRequest): readonly PromptSegment[] {
  const { tokenizer } = request;
  const spoken = request.turns.filter((turn) => turn.role !== 'system');
  const system = request.turns.find((turn) => turn.role === 'system')?.text ?? null;
  const messages = spoken.map(({ role, text }) => ({
    role: role === 'user' ? ('human' as const) : ('gpt' as const),
    text,
  }));
  const { builder, turns } = writeTurns(request.builder, messages, system, tokenizer.literal);
  const ids: number[] = tokenizer.bosId === null ? [] : [tokenizer.bosId];
  const append = (more: readonly number[]): void => {
    for (const id of more) ids.push(id);
  };
  // Text since the last answer; only the first begins with what `finish` takes away in front.
  let asked = builder.opening;
  for (const [i, turn] of spoken.entries()) {
    if (turn.role !== 'assistant') {
      asked += turns[i]!;
      continue;
    }
    const question = builder.finish(asked);
    append(tokenizer.encode(question));
    append(turn.ids ? answerIds(turn, tokenizer) : idsBehind(tokenizer, question, builder.gap + turns[i]!));
    asked = builder.end;
  }
  append(tokenizer.encode(builder.finish(asked)));
  const segments: readonly PromptSegment[] = [{ kind: 'tokens', ids }];
  return request.withVideo ? afterBos(segments, tokenizer.bosId) : segments;
}

/** What `text` adds to the ids of the text before it; its own ids where the two would run into each other. */
function idsBehind(tokenizer: Tokenizer, before: string, text: string): readonly number[] {
  const ids = tokenizer.encode(before);
  const together = tokenizer.encode(before + text);
  return ids.every((id, i) => together[i] === id) ? together.slice(ids.length) : tokenizer.encode(text);
}
