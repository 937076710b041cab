import type { PromptSegment } from '../text/prompt.ts';

/**
 * What stands at one position of the language model's context: a token id, or a visual embedding named by the
 * features it came from and its number among them.
 */
export type ContextItem = number | string;

/** A prompt laid out position by position. */
export interface PromptLayout {
  readonly items: readonly ContextItem[];
  readonly visualTokens: number;
}

/** `visualKey` names the features of the clip; null for a prompt without a video. */
export function layoutPrompt(
  segments: readonly PromptSegment[],
  visualKey: string | null,
  visualTokens: number,
): PromptLayout {
  const items = segments.flatMap((segment): readonly ContextItem[] => {
    if (segment.kind === 'tokens') return segment.ids;
    return visualKey === null ? [] : Array.from({ length: visualTokens }, (_, i) => `${visualKey}#${i}`);
  });
  return { items, visualTokens: visualKey === null ? 0 : visualTokens };
}

/** How many positions from the start are the same in both. */
export function commonPrefix(a: readonly ContextItem[], b: readonly ContextItem[]): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) if (a[i] !== b[i]) return i;
  return end;
}

/** Embeddings [items.length, hidden]: rows of the token table, and of `visual` where an item is one. */
export function embedItems(
  items: readonly ContextItem[],
  table: { readonly hidden: number; rows(ids: readonly number[]): Float32Array },
  visual: Float32Array | null,
): Float32Array {
  const { hidden } = table;
  const embeddings = table.rows(items.map((item) => (typeof item === 'number' ? item : 0)));
  for (const [position, item] of items.entries()) {
    if (typeof item === 'number') continue;
    const row = Number(item.slice(item.lastIndexOf('#') + 1));
    if (visual === null) throw new Error('a visual position without visual embeddings');
    embeddings.set(visual.subarray(row * hidden, (row + 1) * hidden), position * hidden);
  }
  return embeddings;
}
