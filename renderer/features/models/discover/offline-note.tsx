import { Button } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useStudio } from '../../../components/studio-context.tsx';
import classes from './discover-screen.module.css';

/** Says why nothing can be searched or fetched, and ends it. */
export function OfflineNote() {
  const { settings } = useStudio();
  return (
    <div className={classes.offline} role="status">
      <IconPlugConnectedX size={18} stroke={1.6} aria-hidden />
      <span>Offline mode is on: nothing is searched, looked up or fetched.</span>
      <Button size="compact-sm" variant="default" onClick={() => void settings.change({ offline: false })}>
        Go online
      </Button>
    </div>
  );
}
