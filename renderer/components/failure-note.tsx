import { Button, CloseButton } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { type Failure, wordsOf } from '../lib/failure.ts';
import { copyText } from './copy-button.tsx';
import classes from './failure-note.module.css';

interface FailureNoteProps {
  readonly failure: Failure;
  /** What failed, done once more: a button of its own. */
  readonly onRetry?: () => void;
  /** Other buttons that get the user on. */
  readonly children?: ReactNode;
  readonly onDismiss?: () => void;
}

/** What went wrong and what to do about it, where it happened. */
export function FailureNote({ failure, onRetry, children, onDismiss }: FailureNoteProps) {
  const { sentence, remedy } = wordsOf(failure);
  return (
    <div className={classes.note} role="alert">
      <IconAlertTriangle className={classes.icon} size={18} stroke={1.7} aria-hidden />
      <div className={classes.words}>
        <p className={classes.sentence}>{sentence}</p>
        {remedy !== '' && <p className={classes.remedy}>{remedy}</p>}
        {(onRetry !== undefined || children !== undefined || failure.kind === 'bug') && (
          <div className={classes.actions}>
            {onRetry && (
              <Button size="compact-sm" variant="default" onClick={onRetry}>
                Try again
              </Button>
            )}
            {children}
            {failure.kind === 'bug' && (
              <Button size="compact-sm" variant="default" onClick={() => void copyText(failure.details)}>
                Copy details
              </Button>
            )}
          </div>
        )}
      </div>
      {onDismiss && <CloseButton size="sm" aria-label="Dismiss" onClick={onDismiss} />}
    </div>
  );
}
