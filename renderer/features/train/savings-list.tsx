import { Button } from '@mantine/core';
import type { Saving } from '../../../engine/contract/training.ts';
import card from '../../components/card.module.css';
import { formatBytes } from '../../lib/numbers.ts';
import classes from './savings-list.module.css';

interface SavingsListProps {
  readonly savings: readonly Saving[];
  readonly onApply: (change: Saving['change']) => void;
}

/** Changes that take less memory, each with what it saves and a button. */
export function SavingsList({ savings, onApply }: SavingsListProps) {
  if (savings.length === 0) return null;
  return (
    <section className={`${card.card} ${classes.box}`} aria-label="Save memory">
      <h2 className={classes.title}>To save memory</h2>
      <ul className={classes.list}>
        {savings.map(({ title, savesBytes, change }) => (
          <li key={title}>
            <span>
              {title} <span className={classes.saves}>saves about {formatBytes(savesBytes)}</span>
            </span>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`Apply: ${title}`}
              onClick={() => onApply(change)}
            >
              Apply
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
