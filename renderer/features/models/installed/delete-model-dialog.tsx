import { useStore } from 'zustand';
import type { ModelSummary } from '../../../../engine/contract/models.ts';
import { DeleteDialog } from '../../../components/delete-dialog.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatBytes } from '../../../lib/numbers.ts';
import classes from './delete-model-dialog.module.css';

interface DeleteModelDialogProps {
  readonly model: ModelSummary;
  readonly onClose: () => void;
}

/** What deleting frees, and what stays because another model uses it. */
export function DeleteModelDialog({ model, onClose }: DeleteModelDialogProps) {
  const { manager, models } = useStudio();
  const all = useStore(models.store, (state) => state.models);
  const nameOf = (id: string) => all.find((other) => other.id === id)?.name ?? id;
  const staying = model.parts.filter((part) => part.sharedWith.length > 0);
  return (
    <DeleteDialog name={model.name} onDelete={() => void manager.remove(model.id)} onClose={onClose}>
      <p className={classes.words}>
        {model.ownBytes > 0
          ? `${formatBytes(model.ownBytes)} become free. It has to be fetched and converted again to come back.`
          : 'No disk space becomes free: every part of it is used by another model.'}
      </p>
      {staying.length > 0 && (
        <>
          <p className={classes.words}>These parts stay, because other models use them:</p>
          <ul className={classes.staying}>
            {staying.map((part) => (
              <li key={part.key}>
                <span>{part.name}</span>
                <span className={classes.users}>
                  {formatBytes(part.bytes)} · {part.sharedWith.map(nameOf).join(', ')}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </DeleteDialog>
  );
}
