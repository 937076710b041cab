import { Button } from '@mantine/core';
import { IconPlayerStopFilled, IconPlugConnectedX, IconRefresh } from '@tabler/icons-react';
import { CopyButton } from '../../../components/copy-button.tsx';
import { FailureNote } from '../../../components/failure-note.tsx';
import { IconButton } from '../../../components/icon-button.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import type { Answer } from '../../../lib/answer.ts';
import { AnswerDetails } from './answer-details.tsx';
import { AnswerText } from './answer-text.tsx';
import { StageLine } from './stage-line.tsx';
import classes from './turn.module.css';

interface AnswerTurnProps {
  readonly answer: Answer;
  /** Only the last answer can be asked for again: earlier ones have others built on them. */
  readonly last: boolean;
  readonly busy: boolean;
}

export function AnswerTurn({ answer, last, busy }: AnswerTurnProps) {
  const { again } = useStudio();
  const streaming = answer.state === 'streaming';
  const retried = answer.state === 'interrupted' || answer.state === 'failed';
  const retry = (label: string) => (
    <Button size="compact-sm" variant="default" disabled={busy} onClick={() => void again(answer.id)}>
      {label}
    </Button>
  );
  return (
    <article className={classes.answer} aria-label="Answer" aria-busy={streaming} data-last={last}>
      {answer.text !== '' && <AnswerText text={answer.text} writing={streaming} />}
      {streaming && <StageLine stage={answer.stage} silent={answer.text === ''} />}
      {answer.state === 'done' && answer.text === '' && (
        <p className={classes.state}>
          The model had nothing to say. Ask in another way, or raise the temperature.
        </p>
      )}
      {answer.state === 'stopped' && (
        <p className={classes.state}>
          <IconPlayerStopFilled size={13} aria-hidden />
          {answer.text === '' ? 'You stopped this before the first word.' : 'You stopped the answer here.'}
        </p>
      )}
      {answer.state === 'interrupted' && (
        <div className={classes.interrupted}>
          <IconPlugConnectedX size={17} stroke={1.6} aria-hidden />
          <span>The engine stopped here.</span>
          {last && retry('Ask again')}
        </div>
      )}
      {answer.state === 'failed' && (
        <FailureNote
          failure={answer.failure ?? { kind: 'bug', details: 'The answer failed without a reason.' }}
        >
          {last ? retry('Try again') : undefined}
        </FailureNote>
      )}
      {answer.stats?.finish === 'length' && (
        <p className={classes.state}>Cut at the token limit. Raise it in Sampling for longer answers.</p>
      )}
      {answer.stats?.warnings.map((warning) => (
        <p key={warning} className={classes.state}>
          {warning}
        </p>
      ))}
      {!streaming && (
        <div className={classes.tools}>
          {answer.text !== '' && <CopyButton label="Copy answer" text={() => answer.text} />}
          {last && !retried && (
            <IconButton label="Regenerate" size={28} disabled={busy} onClick={() => void again(answer.id)}>
              <IconRefresh size={16} stroke={1.6} />
            </IconButton>
          )}
          {answer.stats !== null && <AnswerDetails stats={answer.stats} />}
        </div>
      )}
    </article>
  );
}
