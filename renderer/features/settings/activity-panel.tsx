import { Button } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { EmptyNote } from '../../components/empty-note.tsx';
import { FailureNote } from '../../components/failure-note.tsx';
import { useStudio } from '../../components/studio-context.tsx';
import { plural } from '../../lib/numbers.ts';
import classes from './activity-panel.module.css';
import { ActivityRow } from './activity-row.tsx';

const rowHeight = 46;
const refreshMs = 2_000;

/** Every request that left this machine: when, why, where to, and what came back. */
export function ActivityPanel() {
  const { activity } = useStudio();
  const { value: entries, failure } = useStore(activity.store);
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: entries?.length ?? 0,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    getItemKey: (i) => entries?.[i]?.number ?? i,
    overscan: 10,
  });
  useEffect(() => {
    void activity.load();
    const timer = setInterval(() => void activity.load(), refreshMs);
    return () => clearInterval(timer);
  }, [activity]);
  return (
    <div className={classes.panel}>
      <div className={classes.top}>
        <span>
          {entries !== null && entries.length > 0
            ? `${plural(entries.length, 'request')} left this machine.`
            : ''}
        </span>
        {entries !== null && entries.length > 0 && (
          <Button size="compact-sm" variant="default" onClick={() => void activity.clear()}>
            Clear the list
          </Button>
        )}
      </div>
      {failure !== null && failure.kind !== 'disconnected' && <FailureNote failure={failure} />}
      {entries !== null && entries.length === 0 && (
        <EmptyNote
          icon={<IconShieldCheck size={40} stroke={1.2} />}
          title="Nothing has left this machine"
          text="Each search, look-up and download will be listed here with its address."
        />
      )}
      {entries !== null && entries.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the list scrolls by keys.
        <div ref={scroll} className={classes.scroll} tabIndex={0}>
          <ul className={classes.rows} style={{ height: virtual.getTotalSize() }} aria-label="Requests">
            {virtual.getVirtualItems().map((item) => (
              <li
                key={item.key}
                className={classes.row}
                style={{ height: item.size, transform: `translateY(${item.start}px)` }}
              >
                <ActivityRow entry={entries[item.index]!} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
