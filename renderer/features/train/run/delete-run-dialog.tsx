import { isWorking, type Run } from '../../../../engine/contract/training.ts';
import { DeleteDialog } from '../../../components/delete-dialog.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatBytes } from '../../../lib/numbers.ts';
import classes from './run-page.module.css';

/** What is lost with a run. */
export function DeleteRunDialog({ run, onClose }: { readonly run: Run; readonly onClose: () => void }) {
  const { training } = useStudio();
  const bytes = run.checkpoints.reduce((sum, checkpoint) => sum + checkpoint.bytes, 0);
  return (
    <DeleteDialog name={run.config.name} onDelete={() => void training.remove(run.id)} onClose={onClose}>
      <p className={classes.none}>
        {isWorking(run) && 'It is ended at once. '}
        Its curves, answers and {bytes > 0 ? `checkpoints (${formatBytes(bytes)})` : 'settings'} are removed
        and do not come back. Models that were made of it stay.
      </p>
    </DeleteDialog>
  );
}
