import type { ConversationSummary } from '../../engine/contract/conversations.ts';

/** The lines of the history list: days and the conversations under them. */
export type HistoryLine =
  | { readonly kind: 'day'; readonly title: string }
  | { readonly kind: 'item'; readonly item: ConversationSummary };

/** Groups by the day of the last change, newest first: Today, Yesterday, the week's days, then months. */
export function groupByDay(items: readonly ConversationSummary[], now: number): readonly HistoryLine[] {
  const lines: HistoryLine[] = [];
  let last = '';
  for (const item of [...items].sort((a, b) => b.updatedAt - a.updatedAt)) {
    const title = dayTitle(item.updatedAt, now);
    if (title !== last) lines.push({ kind: 'day', title });
    last = title;
    lines.push({ kind: 'item', item });
  }
  return lines;
}

function dayTitle(at: number, now: number): string {
  const date = new Date(at);
  const days = Math.round((startOfDay(now) - startOfDay(at)) / 86_400_000);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Yesterday';
  if (days < 7) return date.toLocaleDateString('en', { weekday: 'long' });
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString('en', sameYear ? { month: 'long' } : { month: 'long', year: 'numeric' });
}

function startOfDay(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
