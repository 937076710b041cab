import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { useStudio } from '../../../components/studio-context.tsx';
import { excerptOf } from '../../../lib/highlight.ts';
import { groupByDay } from '../../../lib/history-groups.ts';
import { HistoryItem } from './history-item.tsx';
import classes from './sidebar.module.css';

const dayHeight = 30;
const itemHeight = 48;
const foundHeight = 64;

/** The conversations by day. Only those in sight are drawn, so that thousands scroll as well as ten. */
export function HistoryList() {
  const { history, conversation, remove } = useStudio();
  const [focused, setFocused] = useState(-1);
  const items = useStore(history.store, (state) => state.items);
  const foundWith = useStore(history.store, (state) => state.foundWith);
  const currentId = useStore(conversation.store, (state) => state.id);
  const scroll = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => groupByDay(items, Date.now()), [items]);
  const heightOf = (i: number) => {
    const line = lines[i];
    if (line?.kind === 'day') return dayHeight;
    return line && excerptOf(line.item) !== null ? foundHeight : itemHeight;
  };
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: heightOf,
    getItemKey: (i) => {
      const line = lines[i];
      return line?.kind === 'item' ? line.item.id : (line?.title ?? i);
    },
    overscan: 8,
  });

  const focusLine = (index: number) => {
    virtual.scrollToIndex(index);
    requestAnimationFrame(() => {
      scroll.current?.querySelector<HTMLElement>(`[data-line="${index}"]`)?.focus();
    });
  };
  /** The next conversation from there on, over the days between. */
  const nextItem = (from: number, by: 1 | -1): number | null => {
    let next = from + by;
    while (lines[next]?.kind === 'day') next += by;
    return lines[next] === undefined ? null : next;
  };

  /** The list is one stop for Tab: the arrow keys go along it, Delete deletes and stays in it. */
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (!(event.target instanceof HTMLElement) || event.target.dataset.line === undefined) return;
    const at = Number(event.target.dataset.line);
    const line = lines[at];
    if (event.key === 'Delete' && line?.kind === 'item') {
      event.preventDefault();
      const neighbour = nextItem(at, 1) === null ? nextItem(at, -1) : at;
      void remove(line.item.id);
      if (neighbour !== null) focusLine(neighbour);
      return;
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    const next = nextItem(at, event.key === 'ArrowDown' ? 1 : -1);
    if (next !== null) focusLine(next);
  };

  const rows = virtual.getVirtualItems();
  const shown = rows.filter((row) => lines[row.index]?.kind === 'item').map((row) => row.index);
  const current = lines.findIndex((line) => line.kind === 'item' && line.item.id === currentId);
  const stop = [focused, current].find((index) => shown.includes(index)) ?? shown[0];

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are handled for the buttons inside.
    <div
      ref={scroll}
      className={classes.list}
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        if (event.target.dataset.line !== undefined) setFocused(Number(event.target.dataset.line));
      }}
    >
      <div className={classes.length} style={{ height: virtual.getTotalSize() }}>
        {rows.map((row) => {
          const line = lines[row.index];
          if (!line) return null;
          return (
            <div
              key={row.key}
              className={classes.row}
              style={{ height: row.size, transform: `translateY(${row.start}px)` }}
            >
              {line.kind === 'day' ? (
                <h3 className={classes.day}>{line.title}</h3>
              ) : (
                <HistoryItem
                  item={line.item}
                  line={row.index}
                  tabIndex={row.index === stop ? 0 : -1}
                  current={line.item.id === currentId}
                  search={foundWith}
                />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
