import { Button } from '@mantine/core';
import { isEnded, type Job } from '../../../../engine/contract/jobs.ts';
import card from '../../../components/card.module.css';
import { FailureNote } from '../../../components/failure-note.tsx';
import { Notes } from '../../../components/notes.tsx';
import { ProgressBar } from '../../../components/progress-bar.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { dayOf } from '../../../lib/day.ts';
import { expected } from '../../../lib/failure.ts';
import { isActive, stageAmount, stagesOf, stageWords, timeLeft } from '../../../lib/job-words.ts';
import { formatRate } from '../../../lib/numbers.ts';
import { JobButtons } from './job-buttons.tsx';
import classes from './job-card.module.css';

/** One job: what it is, how far it is, what can be done with it. */
export function JobCard({ job }: { readonly job: Job }) {
  return (
    <article className={`${card.card} ${classes.card}`} aria-label={job.title}>
      <div className={classes.top}>
        <h3 className={classes.title}>{job.title}</h3>
        <JobButtons job={job} />
      </div>
      {!isEnded(job) && <Progress job={job} />}
      {isEnded(job) && (
        <p className={classes.words}>
          {stageWords(job)}, {dayOf(job.updatedAt)}{' '}
          {new Date(job.updatedAt).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })}
        </p>
      )}
      {job.error !== null && (
        <FailureNote failure={expected(job.error)}>
          {job.error.code === 'gated' || job.error.code === 'unauthorised' ? <TokenButton /> : undefined}
        </FailureNote>
      )}
      <Notes notes={job.notes} />
    </article>
  );
}

function TokenButton() {
  const { navigation } = useStudio();
  return (
    <Button size="compact-sm" variant="default" onClick={() => navigation.go('settings')}>
      Enter a token…
    </Button>
  );
}

function Progress({ job }: { readonly job: Job }) {
  const percent = Math.round(job.fraction * 100);
  const facts = [
    ...(job.stage === null ? [] : [stageAmount(job.stage)]),
    ...(isActive(job) && job.bytesPerSecond !== null ? [formatRate(job.bytesPerSecond)] : []),
    ...(isActive(job) && job.secondsLeft !== null ? [timeLeft(job.secondsLeft)] : []),
  ].filter((fact) => fact !== '');
  return (
    <>
      <ProgressBar label={job.title} fraction={job.fraction} state={job.state} />
      <div className={classes.line}>
        <span className={classes.words} title={stageWords(job)}>
          {stageWords(job)}
        </span>
        <span className={classes.facts}>{[...facts, `${percent} %`].join(' · ')}</span>
      </div>
      <Stages job={job} />
    </>
  );
}

/** The stages in a row, those that are over ticked. Nothing for a job of one stage. */
function Stages({ job }: { readonly job: Job }) {
  const stages = stagesOf[job.kind];
  const at = stages.findIndex((stage) => stage.name === job.stage?.name);
  if (stages.length < 2 || at < 0) return null;
  return (
    <ol className={classes.stages} aria-label="Stages">
      {stages.map((stage, i) => (
        <li
          key={stage.name}
          data-at={i === at ? 'now' : i < at ? 'over' : 'later'}
          aria-current={i === at ? 'step' : undefined}
        >
          {stage.title}
        </li>
      ))}
    </ol>
  );
}
