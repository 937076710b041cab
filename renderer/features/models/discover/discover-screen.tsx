import { Button } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import frame from '../../../components/screen.module.css';
import { ScreenBar } from '../../../components/screen-bar.tsx';
import { SearchField } from '../../../components/search-field.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { AddModel } from '../add-model.tsx';
import { Catalogue } from './catalogue.tsx';
import classes from './discover-screen.module.css';
import { OfflineNote } from './offline-note.tsx';
import { RepoPage } from './repo-page.tsx';
import { Results } from './results.tsx';

const sideBySideFrom = 860;

/** What can be had: recommended models, and everything on Hugging Face. */
export function DiscoverScreen() {
  const { hub, settings } = useStudio();
  const query = useStore(hub.store, (state) => state.query);
  const asked = useStore(hub.store, (state) => state.asked);
  const repo = useStore(hub.store, (state) => state.repo);
  const offline = useStore(settings.store, (state) => state.settings?.offline ?? false);
  const host = useStore(settings.store, (state) => state.account?.endpoint.replace(/^https?:\/\//, ''));
  const { ref, width } = useElementSize();
  const both = width >= sideBySideFrom;
  useEffect(() => {
    void hub.loadCatalogue();
  }, [hub]);
  return (
    <main className={frame.screen}>
      <ScreenBar title="Discover">
        <AddModel />
      </ScreenBar>
      <div className={classes.search}>
        <div className={classes.field}>
          <SearchField
            label="Search Hugging Face"
            placeholder="Search Hugging Face, by name or words"
            value={query}
            onChange={hub.write}
            onSubmit={() => void hub.search()}
          />
        </div>
        <Button variant="default" disabled={offline || query.trim() === ''} onClick={() => void hub.search()}>
          Search
        </Button>
        <span className={classes.hint}>
          {asked === '' && !offline && host !== undefined && `Only what you search for is sent to ${host}.`}
        </span>
      </div>
      {offline && <OfflineNote />}
      <div className={classes.panes} ref={ref} data-both={both}>
        {asked === '' ? (
          <Catalogue />
        ) : (
          <>
            {(both || repo === null) && <Results alone={!both || repo === null} />}
            {repo !== null && <RepoPage key={repo} repo={repo} alone={!both} />}
          </>
        )}
      </div>
    </main>
  );
}
