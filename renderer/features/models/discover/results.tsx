import { Loader, UnstyledButton } from '@mantine/core';
import { IconArrowLeft, IconSearchOff } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { EmptyNote } from '../../../components/empty-note.tsx';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { goAlong } from '../../../lib/arrow-keys.ts';
import { plural } from '../../../lib/numbers.ts';
import { ResultRow } from './result-row.tsx';
import classes from './results.module.css';

/** What Hugging Face found. Arrow keys go along the list. */
export function Results({ alone }: { readonly alone: boolean }) {
  const { hub } = useStudio();
  const asked = useStore(hub.store, (state) => state.asked);
  const repo = useStore(hub.store, (state) => state.repo);
  const { value: found, loading, failure } = useStore(hub.store, (state) => state.results);
  return (
    <section className={classes.results} data-alone={alone} aria-label="Search results">
      <div className={classes.top}>
        <UnstyledButton className={classes.back} onClick={() => hub.leave()}>
          <IconArrowLeft size={15} stroke={1.8} aria-hidden />
          Recommended
        </UnstyledButton>
        <span className={classes.count} role="status">
          {loading && 'Searching…'}
          {!loading &&
            found !== null &&
            `${plural(found.length, 'repository', 'repositories')} for “${asked}”`}
        </span>
      </div>
      {loading && <Loader size={22} className={classes.loader ?? ''} />}
      {failure !== null && (
        <div className={classes.failure}>
          <FailureNote failure={failure} onRetry={() => void hub.search()} />
        </div>
      )}
      {!loading && found !== null && found.length === 0 && (
        <EmptyNote
          icon={<IconSearchOff size={36} stroke={1.3} />}
          title="Nothing found"
          text={`Hugging Face has no model for “${asked}”. Try fewer words, or owner/name.`}
        />
      )}
      {found !== null && found.length > 0 && (
        <ul className={classes.rows} onKeyDown={(event) => goAlong(event, 'button')}>
          {found.map((each) => (
            <li key={each.repo}>
              <ResultRow found={each} current={each.repo === repo} onOpen={() => void hub.open(each.repo)} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
