import { type BuilderName, writeTurns } from '../../text/prompt-builders/builders.ts';
import { strip, stripEnd } from '../../text/prompt-builders/prompt-builder.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';
import { ignored } from '../example.ts';
import { hasPicture, type Row } from './rows.ts';

export interface TokenRow {
  readonly ids: readonly number[];
  readonly labels: readonly number[];
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

function cutAt(longest: number, ids: readonly number[], labels: readonly number[]): TokenRow {
  return {
    ids: ids.slice(0, longest),
    labels: labels.slice(0, longest),
    cut: Math.max(0, ids.length - longest),
  };
}
