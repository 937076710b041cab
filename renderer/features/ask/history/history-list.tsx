import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useMemo, useRef } from 'react';
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
  const { history, conversation } = useStudio();
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

  /** The arrow keys go from one conversation to the next, across the days. */
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    if (!(event.target instanceof HTMLElement) || event.target.dataset.line === undefined) return;
    event.preventDefault();
    const by = event.key === 'ArrowDown' ? 1 : -1;
    let next = Number(event.target.dataset.line) + by;
    while (lines[next]?.kind === 'day') next += by;
    if (lines[next] === undefined) return;
    virtual.scrollToIndex(next);
    requestAnimationFrame(() => {
      scroll.current?.querySelector<HTMLElement>(`[data-line="${next}"]`)?.focus();
    });
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are handled for the buttons inside.
    <div ref={scroll} className={classes.list} onKeyDown={onKeyDown}>
      <div className={classes.length} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((row) => {
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
