import { Button, Group, Modal } from '@mantine/core';
import type { Run } from '../../../../engine/contract/training.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatBytes } from '../../../lib/numbers.ts';
import { isWorking } from '../../../lib/run-words.ts';
import classes from './run-page.module.css';

/** What is lost with a run. */
export function DeleteRunDialog({ run, onClose }: { readonly run: Run; readonly onClose: () => void }) {
  const { training } = useStudio();
  const bytes = run.checkpoints.reduce((sum, checkpoint) => sum + checkpoint.bytes, 0);
  return (
    <Modal
      opened
      onClose={onClose}
      centered
      title={`Delete “${run.config.name}”?`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <p className={classes.none}>
        {isWorking(run) && 'It is ended at once. '}
        Its curves, answers and {bytes > 0 ? `checkpoints (${formatBytes(bytes)})` : 'settings'} are removed
        and do not come back. Models that were made of it stay.
      </p>
      <Group justify="flex-end" gap={8} mt="md">
        <Button variant="default" data-autofocus onClick={onClose}>
          Keep it
        </Button>
        <Button
          color="red.9"
          onClick={() => {
            void training.remove(run.id);
            onClose();
          }}
        >
          Delete
        </Button>
      </Group>
    </Modal>
  );
}
