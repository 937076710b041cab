import { useStore } from 'zustand';
import card from '../../../components/card.module.css';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { precisionsOf } from '../../../lib/model-facts.ts';
import { formatBytes } from '../../../lib/numbers.ts';
import type { Column } from '../../../stores/compare.ts';
import { AnswerText } from '../../ask/conversation/answer-text.tsx';
import { StageLine } from '../../ask/conversation/stage-line.tsx';
import classes from './compare-screen.module.css';
import { CompareStats } from './compare-stats.tsx';

interface CompareColumnProps {
  readonly column: Column;
  /** For bars on one scale. */
  readonly all: readonly Column[];
  /** True while an earlier model answers. */
  readonly waiting: boolean;
}

/** One model's answer and what it took. */
export function CompareColumn({ column, all, waiting }: CompareColumnProps) {
  const { models } = useStudio();
  const model = useStore(models.store, (state) =>
    state.models.find((candidate) => candidate.id === column.modelId),
  );
  const { answer } = column;
  const streaming = answer.state === 'streaming';
  return (
    <article
      className={`${card.card} ${classes.column}`}
      aria-label={`Answer of ${model?.name ?? column.modelId}`}
      aria-busy={streaming}
    >
      <h2 className={classes.name}>{model?.name ?? column.modelId}</h2>
      <p className={classes.made}>
        {model && [precisionsOf(model.parts), formatBytes(model.bytes)].filter(Boolean).join(' · ')}
      </p>
      <div className={classes.answer}>
        {answer.text !== '' && <AnswerText text={answer.text} writing={streaming} />}
        {streaming && waiting && <p className={classes.state}>Waits for its turn.</p>}
        {streaming && !waiting && <StageLine stage={answer.stage} silent={answer.text === ''} />}
        {answer.state === 'done' && answer.text === '' && (
          <p className={classes.state}>It had nothing to say.</p>
        )}
        {answer.state === 'stopped' && <p className={classes.state}>Stopped.</p>}
        {answer.state === 'interrupted' && <p className={classes.state}>The engine stopped here.</p>}
        {answer.state === 'failed' && answer.failure !== null && <FailureNote failure={answer.failure} />}
      </div>
      {answer.stats !== null && <CompareStats stats={answer.stats} all={all} />}
    </article>
  );
}
