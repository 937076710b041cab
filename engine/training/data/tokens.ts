import { type ConversationRule, conversationPrompt } from '../../text/conversation-prompt.ts';
import type { PromptSegment } from '../../text/prompt.ts';
import { type BuilderName, writeTurns } from '../../text/prompt-builders/builders.ts';
import { strip, stripEnd } from '../../text/prompt-builders/prompt-builder.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';
import { ignored } from '../example.ts';
import { hasPicture, type Row } from './rows.ts';

export interface TokenRow {
  readonly ids: readonly number[];
  readonly labels: readonly number[];
  /** How many ids stand in front of the video, where that is not the beginning. */
  readonly place?: number;
  /** How many ids were cut off at the end, beyond the longest row. */
  readonly cut: number;
}

/**
 * The align stage: the last turn alone, ended; everything but the first id carries loss
 * (merv/preprocessing/datasets/datasets.py `AlignVideoDataset`).
 */
export function alignTokens(row: Row, tokenizer: Tokenizer, longest: number): TokenRow {
  const caption = strip(row.conversations.at(-1)!.value);
  const text = tokenizer.encode(`${caption}${tokenizer.namedTokens.eos_token ?? ''}`);
  const ids = tokenizer.bosId === null ? text : [tokenizer.bosId, ...text];
  return cutAt(longest, ids, [ignored, ...ids.slice(1)]);
}

/**
 * The finetune stages: every turn in its place, encoded by itself; the answers carry loss (`FinetuneVideoDataset`). Of the
 * builder's text only what stands in the turns, as in the reference: LLaMA-3.1's and Qwen2's system text is not learned.
 */
export function conversationTokens(
  row: Row,
  tokenizer: Tokenizer,
  builder: BuilderName,
  longest: number,
): TokenRow {
  const messages = row.conversations.map(({ from, value }) => ({ role: from, text: value }));
  const written = writeTurns(builder, messages, null);
  const ids: number[] = tokenizer.bosId === null ? [] : [tokenizer.bosId];
  const labels: number[] = ids.map(() => ignored);
  for (const [i, turn] of written.turns.entries()) {
    const answers = i % 2 === 1;
    const text = answers ? `${turn}${written.builder.end}` : turn;
    const own = tokenizer.encode(stripEnd(text));
    ids.push(...own);
    labels.push(...(answers ? own : own.map(() => ignored)));
  }
  if (hasPicture(row)) labels[0] = ignored;
  return cutAt(longest, ids, labels);
}

/** How the data marks the picture's place; a template has its own. */
export const mark = /\s*<(?:image|video)>\s*/g;

/**
 * As the model is asked here, by its own chat template: the answers and what ends them carry loss. For models that are
 * none of the reference's; prompts of one conversation extend each other, see text/prompt.ts.
 */
export function promptedTokens(
  row: Row,
  tokenizer: Tokenizer,
  rule: ConversationRule,
  longest: number,
): TokenRow {
  const turns = row.conversations.map(({ from, value }) =>
    from === 'human'
      ? ({ role: 'user', text: value.replace(mark, ' ').trim() } as const)
      : ({ role: 'assistant', text: value.trim() } as const),
  );
  const ids: number[] = [];
  const labels: number[] = [];
  let place: number | undefined;
  const add = (more: readonly number[], learned: boolean): void => {
    for (const id of more) {
      ids.push(id);
      labels.push(learned ? id : ignored);
    }
  };
  for (const [i, turn] of turns.entries()) {
    if (turn.role !== 'assistant') continue;
    const prompt = promptIds(conversationPrompt(rule, turns.slice(0, i), tokenizer, hasPicture(row)));
    place = prompt.place;
    const next = prompt.ids.slice(ids.length);
    const ends = ids.length > 0 && tokenizer.eosIds.has(next[0] ?? -1) ? 1 : 0;
    add(next.slice(0, ends), true);
    add(next.slice(ends), false);
    add(tokenizer.encode(tokenizer.literal(turn.text)), true);
  }
  add(endIds(tokenizer), true);
  return { ...cutAt(longest, ids, labels), ...(place === undefined ? {} : { place }) };
}

/** Ids of a prompt, and how many of them stand in front of the video. */
export function promptIds(segments: readonly PromptSegment[]): {
  readonly ids: readonly number[];
  readonly place?: number;
} {
  const at = segments.findIndex(({ kind }) => kind === 'visual');
  const idsOf = (some: readonly PromptSegment[]) =>
    some.flatMap((segment) => (segment.kind === 'tokens' ? segment.ids : []));
  const ids = idsOf(segments);
  return at < 0 ? { ids } : { ids, place: idsOf(segments.slice(0, at)).length };
}

/** What an answer ends with. */
function endIds(tokenizer: Tokenizer): readonly number[] {
  const named = tokenizer.encode(tokenizer.namedTokens.eos_token ?? '');
  return named.length === 1 ? named : [...tokenizer.eosIds].slice(0, 1);
}

function cutAt(longest: number, ids: readonly number[], labels: readonly number[]): TokenRow {
  return {
    ids: ids.slice(0, longest),
    labels: labels.slice(0, longest),
    cut: Math.max(0, ids.length - longest),
  };
}
