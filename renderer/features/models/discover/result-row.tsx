import { UnstyledButton } from '@mantine/core';
import { IconDownload, IconHeart, IconLock } from '@tabler/icons-react';
import type { RepoSummary } from '../../../../engine/contract/hub.ts';
import row from '../../../components/list-row.module.css';
import { Tag } from '../../../components/tag.tsx';
import { dayOf } from '../../../lib/day.ts';
import { formatRough } from '../../../lib/numbers.ts';
import classes from './results.module.css';

interface ResultRowProps {
  readonly found: RepoSummary;
  readonly current: boolean;
  readonly onOpen: () => void;
}

export function ResultRow({ found, current, onOpen }: ResultRowProps) {
  const name = found.repo.slice(found.repo.indexOf('/') + 1);
  return (
    <UnstyledButton className={`${row.row} ${classes.row}`} aria-current={current} onClick={onOpen}>
      <span className={classes.title}>
        <span className={row.name} title={found.repo}>
          {name}
        </span>
        {found.gated === 'asks' && (
          <Tag tone="warn" title="Its owner wants to be asked first">
            <IconLock size={10} stroke={2.2} aria-hidden /> gated
          </Tag>
        )}
      </span>
      <span className={classes.author}>
        {found.author}
        {found.task !== null && ` · ${found.task}`}
      </span>
      <span className={classes.facts}>
        <span title="Downloads">
          <IconDownload size={12} stroke={1.8} aria-hidden /> {formatRough(found.downloads)}
        </span>
        <span title="Likes">
          <IconHeart size={12} stroke={1.8} aria-hidden /> {formatRough(found.likes)}
        </span>
        {found.licence !== null && <span>{found.licence}</span>}
        {found.updatedAt !== null && <span>{dayOf(Date.parse(found.updatedAt))}</span>}
      </span>
    </UnstyledButton>
  );
}
