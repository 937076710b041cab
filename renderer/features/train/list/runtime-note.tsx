import { Button, Loader } from '@mantine/core';
import { useStore } from 'zustand';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { LibtorchDownload } from '../libtorch/libtorch-download.tsx';
import classes from './run-list.module.css';

/** What is missing for training on this machine, and what to do about it; nothing where all is there. */
export function RuntimeNote() {
  const { runs, navigation } = useStudio();
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
  const tried = value.attempts.length > 0 && (
    <details>
      <summary>What was tried</summary>
      <ul>
        {value.attempts.map((attempt) => (
          <li key={attempt}>{attempt}</li>
        ))}
      </ul>
    </details>
  );
  // What was fetched and does not load is not fetched again before it is removed.
  if (value.lacksLibtorch && value.installed === null)
    return (
      <section className={`${classes.missing} ${classes.offer}`} aria-label="Training needs libtorch">
        <h2 className={classes.missingTitle}>Training needs libtorch</h2>
        <p>
          PyTorch’s libraries compute the training; answering works without them, so they are not part of this
          application.
        </p>
        <LibtorchDownload builds={value.builds} />
        {tried}
      </section>
    );
  return (
    <section className={classes.missing} aria-label="The training engine is missing">
      <h2 className={classes.missingTitle}>This machine cannot train yet</h2>
      <p>
        Training needs libraries that answering does not, and they cannot be loaded.
        {value.remedy !== null && ` ${value.remedy}`}
      </p>
      {tried}
      <div className={classes.missingActions}>
        {again}
        {value.installed !== null && (
          <Button size="compact-sm" variant="default" onClick={() => navigation.go('settings')}>
            Open the settings
          </Button>
        )}
      </div>
    </section>
  );
}
