import type { ModelSummary } from '../../../../engine/contract/models.ts';
import { DeleteModelDialog } from './delete-model-dialog.tsx';
import { RenameDialog } from './rename-dialog.tsx';

export interface OpenDialog {
  readonly kind: 'rename' | 'delete';
  readonly model: ModelSummary;
}

interface ModelDialogsProps {
  readonly dialog: OpenDialog | null;
  readonly onClose: () => void;
}

/** What is asked before a model is changed. */
export function ModelDialogs({ dialog, onClose }: ModelDialogsProps) {
  if (dialog === null) return null;
  return dialog.kind === 'rename' ? (
    <RenameDialog model={dialog.model} onClose={onClose} />
  ) : (
    <DeleteModelDialog model={dialog.model} onClose={onClose} />
  );
}
