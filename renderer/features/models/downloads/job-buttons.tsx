import { Button } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconRefresh, IconX } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { Job } from '../../../../engine/contract/jobs.ts';
import { IconButton } from '../../../components/icon-button.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import classes from './job-card.module.css';

/** What can be told to a job in its present state. */
export function JobButtons({ job }: { readonly job: Job }) {
  const { jobs, models, manager } = useStudio();
  const told = useStore(jobs.store, (state) => state.told.has(job.id));
  const usable = useStore(models.store, (state) =>
    state.models.some((model) => model.id === job.modelId && model.problem === null),
  );
  const { id, modelId } = job;
  const cancel = (
    <IconButton label="Cancel" disabled={told} onClick={() => void jobs.cancel(id)}>
      <IconX size={17} stroke={1.7} />
    </IconButton>
  );
  switch (job.state) {
    case 'queued':
    case 'running':
      return (
        <div className={classes.buttons}>
          <IconButton label="Pause" disabled={told} onClick={() => void jobs.pause(id)}>
            <IconPlayerPause size={17} stroke={1.7} />
          </IconButton>
          {cancel}
        </div>
      );
    case 'paused':
      return (
        <div className={classes.buttons}>
          <IconButton label="Resume" disabled={told} onClick={() => void jobs.resume(id)}>
            <IconPlayerPlay size={17} stroke={1.7} />
          </IconButton>
          {cancel}
        </div>
      );
    case 'failed':
      return (
        <div className={classes.buttons}>
          <Button
            size="compact-sm"
            variant="default"
            disabled={told}
            leftSection={<IconRefresh size={14} stroke={1.8} aria-hidden />}
            onClick={() => void jobs.resume(id)}
          >
            Try again
          </Button>
          {cancel}
        </div>
      );
    case 'done':
    case 'cancelled':
      return (
        <div className={classes.buttons}>
          {job.state === 'done' && modelId !== null && usable && job.kind !== 'export' && (
            <>
              <Button size="compact-sm" variant="default" onClick={() => manager.showModel(modelId)}>
                Show
              </Button>
              <Button size="compact-sm" onClick={() => manager.askWith(modelId)}>
                Ask with it
              </Button>
            </>
          )}
          <IconButton label="Remove from the list" disabled={told} onClick={() => void jobs.forget(id)}>
            <IconX size={17} stroke={1.7} />
          </IconButton>
        </div>
      );
    default:
      return job.state satisfies never;
  }
}
