import type { AddedToken } from './tokenizer-parts.ts';

/** What chat models end a turn or a text with, whichever one their configuration calls "eos" (cf. llama-vocab.cpp). */
const endTexts: ReadonlySet<string> = new Set([
  '</s>',
  '<|im_end|>',
  '<|end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|end_of_text|>',
  '<|endoftext|>',
  '<end_of_turn>',
]);

/** Ids that end an answer: the configured one and the special tokens that always mean an end. */
export function endIds(special: readonly AddedToken[], configured: number | null): ReadonlySet<number> {
  const known = special.filter(({ content }) => endTexts.has(content)).map(({ id }) => id);
  return new Set(configured === null ? known : [configured, ...known]);
}
