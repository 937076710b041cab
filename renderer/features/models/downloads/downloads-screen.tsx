import { Button } from '@mantine/core';
import { IconCompass, IconDownload } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { isEnded, type Job } from '../../../../engine/contract/jobs.ts';
import { EmptyNote } from '../../../components/empty-note.tsx';
import frame from '../../../components/screen.module.css';
import { ScreenBar } from '../../../components/screen-bar.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { isActive } from '../../../lib/job-words.ts';
import { AddModel } from '../add-model.tsx';
import classes from './downloads-screen.module.css';
import { JobCard } from './job-card.tsx';

/** The long work: what is on, what waits for the user, and what is over. */
export function DownloadsScreen() {
  const { jobs: store, navigation } = useStudio();
  const jobs = useStore(store.store, (state) => state.jobs);
  const loaded = useStore(store.store, (state) => state.loaded);
  const active = jobs.filter(isActive);
  const waiting = jobs.filter((job) => !isActive(job) && !isEnded(job));
  const ended = jobs.filter(isEnded);
  return (
    <main className={frame.screen}>
      <ScreenBar title="Downloads">
        <AddModel />
      </ScreenBar>
      <div className={classes.scroll}>
        {loaded && jobs.length === 0 && (
          <EmptyNote
            icon={<IconDownload size={40} stroke={1.2} />}
            title="Nothing is being fetched"
            text="What you install, repair, export or move is shown here. It goes on where it was after a restart."
          >
            <Button
              variant="default"
              leftSection={<IconCompass size={16} stroke={1.6} aria-hidden />}
              onClick={() => navigation.go('discover')}
            >
              Discover models
            </Button>
          </EmptyNote>
        )}
        <Group title="Under way" jobs={active} />
        <Group title="Waiting for you" jobs={waiting} />
        <Group title="Finished" jobs={ended}>
          <Button size="compact-sm" variant="default" onClick={() => void store.forgetEnded()}>
            Clear finished
          </Button>
        </Group>
      </div>
    </main>
  );
}

interface GroupProps {
  readonly title: string;
  readonly jobs: readonly Job[];
  readonly children?: React.ReactNode;
}

function Group({ title, jobs, children }: GroupProps) {
  if (jobs.length === 0) return null;
  return (
    <section className={classes.group} aria-label={title}>
      <div className={classes.head}>
        <h2 className={classes.title}>{title}</h2>
        {children}
      </div>
      <ul className={classes.cards}>
        {jobs.map((job) => (
          <li key={job.id}>
            <JobCard job={job} />
          </li>
        ))}
      </ul>
    </section>
  );
}
