import { Button } from '@mantine/core';
import { IconSchool } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { EmptyNote } from '../../../components/empty-note.tsx';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { goAlong } from '../../../lib/arrow-keys.ts';
import { compareRuns } from '../../../stores/train-view.ts';
import page from '../train-screen.module.css';
import classes from './run-list.module.css';
import { RunRow } from './run-row.tsx';
import { RuntimeNote } from './runtime-note.tsx';

/** All runs, newest first; what training is where there is none yet. Arrow keys go along them. */
export function RunList() {
  const { runs, trainView, training } = useStudio();
  const { runs: list, loaded, failure, runtime, sample } = useStore(runs.store);
  const picked = useStore(trainView.store, (state) => state.picked);
  const ready = runtime.value?.state === 'ready';
  return (
    <div className={page.scroll}>
      <RuntimeNote />
      {failure !== null && <FailureNote failure={failure} />}
      {loaded && list.length === 0 && (
        <EmptyNote
          icon={<IconSchool size={40} stroke={1.2} />}
          title="Teach a model your videos"
          text="Training shows a model examples: videos with questions and the answers you want. It learns to answer like them, on this machine. It needs an installed model, a data set, memory and time; all of that is measured before anything starts."
        >
          {sample !== null && (
            <Button disabled={!ready} onClick={() => void training.startSample()}>
              Try it on the sample data
            </Button>
          )}
          <Button variant="default" disabled={!ready} onClick={training.startNew}>
            New run
          </Button>
        </EmptyNote>
      )}
      {list.length > 1 && (
        <div className={classes.tools}>
          <Button
            size="compact-sm"
            variant="default"
            disabled={picked.length < compareRuns.least}
            onClick={training.showCompare}
          >
            Compare curves
          </Button>
          <span className={classes.hint}>
            {picked.length < compareRuns.least
              ? 'Tick two to four runs to see their losses in one plot.'
              : `${picked.length} of at most ${compareRuns.most} runs ticked`}
          </span>
        </div>
      )}
      {list.length > 0 && (
        <ul className={classes.rows} aria-label="Runs" onKeyDown={(event) => goAlong(event, '[data-run]')}>
          {list.map((run) => (
            <RunRow
              key={run.id}
              run={run}
              comparable={list.length > 1}
              picked={picked.includes(run.id)}
              full={picked.length >= compareRuns.most}
            />
          ))}
        </ul>
      )}
    </div>
  );
}
