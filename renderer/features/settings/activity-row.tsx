import type { Activity } from '../../../engine/contract/hub.ts';
import { Tag } from '../../components/tag.tsx';
import { dayOf } from '../../lib/day.ts';
import { formatBytes } from '../../lib/numbers.ts';
import classes from './activity-panel.module.css';

export function ActivityRow({ entry }: { readonly entry: Activity }) {
  const { status, error } = entry;
  const running = status === null && error === null;
  const bad = error !== null || (status !== null && status >= 400);
  return (
    <>
      <time className={classes.time} dateTime={new Date(entry.at).toISOString()} title={dayOf(entry.at)}>
        {new Date(entry.at).toLocaleTimeString(undefined, {
          hour: '2-digit',
          minute: '2-digit',
          second: '2-digit',
        })}
      </time>
      <span className={classes.words}>
        <span className={classes.purpose} title={error ?? entry.purpose}>
          {error === null ? entry.purpose : `${entry.purpose}: ${error}`}
        </span>
        <span className={classes.url} title={entry.url}>
          {entry.method} {entry.url}
        </span>
      </span>
      <Tag tone={bad ? 'bad' : running ? 'accent' : 'plain'}>
        {running ? 'under way' : (status ?? 'failed')}
      </Tag>
      <span className={classes.bytes}>{formatBytes(entry.receivedBytes)}</span>
    </>
  );
}
