import { Loader } from '@mantine/core';
import { IconCompass } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { EmptyNote } from '../../../components/empty-note.tsx';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import classes from './catalogue.module.css';
import { CatalogueCard } from './catalogue-card.tsx';

/** The models that come recommended with the application. */
export function Catalogue() {
  const { hub } = useStudio();
  const { value: entries, loading, failure } = useStore(hub.store, (state) => state.catalogue);
  return (
    <div className={classes.scroll}>
      {failure !== null && <FailureNote failure={failure} onRetry={() => void hub.loadCatalogue()} />}
      {entries === null && loading && <Loader size={22} className={classes.loader ?? ''} />}
      {entries !== null && entries.length === 0 && (
        <EmptyNote
          icon={<IconCompass size={40} stroke={1.2} />}
          title="No recommendations"
          text="This build comes without a catalogue. Search Hugging Face instead."
        />
      )}
      {entries !== null && entries.length > 0 && (
        <>
          <h2 className={classes.title}>Recommended</h2>
          <ul className={classes.cards}>
            {entries.map((entry) => (
              <li key={entry.id}>
                <CatalogueCard entry={entry} />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
