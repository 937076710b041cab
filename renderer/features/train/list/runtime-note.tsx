import { Button, Loader } from '@mantine/core';
import { useStore } from 'zustand';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import classes from './run-list.module.css';

/** What is missing for training on this machine, and what to do about it; nothing where all is there. */
export function RuntimeNote() {
  const { runs } = useStudio();
  const { value, loading, failure } = useStore(runs.store, (state) => state.runtime);
  const again = (
    <Button size="compact-sm" variant="default" loading={loading} onClick={() => void runs.look()}>
      Look again
    </Button>
  );
  if (failure !== null && failure.kind !== 'disconnected')
    return <FailureNote failure={failure}>{again}</FailureNote>;
  if (value === null)
    return (
      <p className={classes.looking} role="status">
        <Loader size={13} /> Looking whether this machine can train…
      </p>
    );
  if (value.state === 'ready') return null;
  return (
    <section className={classes.missing} aria-label="The training engine is missing">
      <h2 className={classes.missingTitle}>This machine cannot train yet</h2>
      <p>
        Training needs libraries that answering does not, and they are not here.
        {value.remedy !== null && ` ${value.remedy}`}
      </p>
      {value.attempts.length > 0 && (
        <details>
          <summary>What was tried</summary>
          <ul>
            {value.attempts.map((attempt) => (
              <li key={attempt}>{attempt}</li>
            ))}
          </ul>
        </details>
      )}
      <div>{again}</div>
    </section>
  );
}
