import { Button, Loader } from '@mantine/core';
import { useStore } from 'zustand';
import card from '../../../components/card.module.css';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatCount, plural } from '../../../lib/numbers.ts';
import classes from './wizard.module.css';

/** What is in the data set, and what is wrong with it, row by row. */
export function DataReportView() {
  const { wizard } = useStudio();
  const { value, loading, failure } = useStore(wizard.store, (state) => state.report);
  if (failure !== null) return <FailureNote failure={failure} onRetry={() => void wizard.inspect()} />;
  if (loading && value === null)
    return (
      <div className={classes.running} role="status">
        <Loader size={16} />
        <span className={classes.at}>Reading the data set…</span>
      </div>
    );
  if (value === null) return null;
  const { examples, withVideo, withImage, textOnly, problems, problemCount } = value;
  const kinds = [
    ['With a video', withVideo],
    ['With an image', withImage],
    ['Text only', textOnly],
    ['Left out', problemCount],
  ] as const;
  return (
    <section className={`${card.card} ${classes.report}`} aria-label="The data set">
      <dl className={classes.counts}>
        <div>
          <dt>Examples</dt>
          <dd>{formatCount(examples)}</dd>
        </div>
        {kinds.map(([label, count]) =>
          count === 0 ? null : (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{formatCount(count)}</dd>
            </div>
          ),
        )}
      </dl>
      {problemCount > 0 && (
        <details open={examples === 0}>
          <summary>
            {plural(problemCount, 'row')} cannot be used and {problemCount === 1 ? 'is' : 'are'} skipped
            {problemCount > problems.length && `; the first ${problems.length} are listed`}
          </summary>
          <ul className={classes.problems}>
            {problems.map(({ row, sentence }) => (
              <li key={row}>{sentence}</li>
            ))}
          </ul>
        </details>
      )}
      <div className={classes.row}>
        <Button size="compact-sm" variant="default" loading={loading} onClick={() => void wizard.inspect()}>
          Read it again
        </Button>
      </div>
    </section>
  );
}
