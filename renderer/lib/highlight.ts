import type { ConversationSummary } from '../../engine/contract/conversations.ts';

/** A stretch of text, marked or not. */
export interface Stretch {
  readonly text: string;
  readonly marked: boolean;
}

/** Splits a text at the words that were searched for, without regard to case; word beginnings count. */
export function highlight(text: string, search: string): readonly Stretch[] {
  const words = search.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  if (words.length === 0) return [{ text, marked: false }];
  const pattern = new RegExp(`(${words.sort((a, b) => b.length - a.length).join('|')})`, 'giu');
  return text
    .split(pattern)
    .map((part, i) => ({ text: part, marked: i % 2 === 1 }))
    .filter((part) => part.text !== '');
}

/** Where a search found its words, without Markdown's signs; null where that is only the title again. */
export function excerptOf(item: Pick<ConversationSummary, 'excerpt' | 'title'>): string | null {
  if (item.excerpt === null) return null;
  const plain = item.excerpt
    .replace(/[*_`#>|]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain === '' || plain.replace(/^…|…$/g, '') === item.title ? null : plain;
}
