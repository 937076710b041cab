import { Button, Menu } from '@mantine/core';
import {
  IconCopy,
  IconDots,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import { isWorking, type Run, usualCheckpoint } from '../../../../engine/contract/training.ts';
import { IconButton } from '../../../components/icon-button.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { DeleteRunDialog } from './delete-run-dialog.tsx';
import { InstallDialog } from './install-dialog.tsx';
import classes from './run-page.module.css';

/** What can be told to a run in its present state. */
export function RunActions({ run }: { readonly run: Run }) {
  const { runs, training } = useStudio();
  const told = useStore(runs.store, (state) => state.told.has(run.id));
  const installing = useStore(training.installing, (state) => (state.id === run.id ? state.part : null));
  const [dialog, setDialog] = useState<'install' | 'delete' | null>(null);
  const { id, state } = run;
  const best = usualCheckpoint(run);
  const paused = state === 'paused';
  const failed = state === 'failed';
  return (
    <div className={classes.actions}>
      {isWorking(run) && (
        <Button
          size="compact-md"
          variant="default"
          disabled={told}
          leftSection={<IconPlayerPause size={15} stroke={1.8} aria-hidden />}
          onClick={() => void training.pause(id)}
        >
          Pause
        </Button>
      )}
      {(paused || failed) && (
        <Button
          size="compact-md"
          disabled={told}
          leftSection={
            paused ? (
              <IconPlayerPlay size={15} stroke={1.8} aria-hidden />
            ) : (
              <IconRefresh size={15} stroke={1.8} aria-hidden />
            )
          }
          onClick={() => void training.resume(id)}
        >
          {paused ? 'Resume' : 'Try again'}
        </Button>
      )}
      {(isWorking(run) || ((paused || failed) && best !== null)) && (
        <Button
          size="compact-md"
          variant="default"
          disabled={told}
          leftSection={<IconPlayerStop size={15} stroke={1.8} aria-hidden />}
          onClick={() => void training.finish(id)}
        >
          Stop and save
        </Button>
      )}
      {best !== null && (
        <Button
          size="compact-md"
          variant={state === 'done' ? 'filled' : 'default'}
          disabled={installing !== null}
          onClick={() => setDialog('install')}
        >
          {installing === null ? 'Ask with it…' : `Making it · ${Math.floor(100 * installing)} %`}
        </Button>
      )}
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <IconButton label="More" aria-haspopup="menu">
            <IconDots size={18} stroke={1.7} />
          </IconButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconCopy size={15} stroke={1.6} />}
            onClick={() => training.duplicate(run)}
          >
            Duplicate…
          </Menu.Item>
          <Menu.Item
            leftSection={<IconTrash size={15} stroke={1.6} />}
            disabled={told}
            onClick={() => setDialog('delete')}
          >
            Delete…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {dialog === 'install' && best !== null && (
        <InstallDialog run={run} step={best} onClose={() => setDialog(null)} />
      )}
      {dialog === 'delete' && <DeleteRunDialog run={run} onClose={() => setDialog(null)} />}
    </div>
  );
}
