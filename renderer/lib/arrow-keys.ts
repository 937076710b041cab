import type { KeyboardEvent } from 'react';

/** The arrow keys up and down go along the rows of a list; returns the number of the row that got the focus, if one did. */
export function goAlong(event: KeyboardEvent<HTMLElement>, selector: string): number | null {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (by === 0) return null;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>(selector)];
  const at = rows.indexOf(event.target as HTMLElement);
  if (at < 0) return null;
  event.preventDefault();
  const next = rows[at + by];
  next?.focus();
  return next === undefined ? null : at + by;
}
