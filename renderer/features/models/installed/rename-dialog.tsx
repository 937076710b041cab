import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ModelSummary } from '../../../../engine/contract/models.ts';
import { useStudio } from '../../../components/studio-context.tsx';

interface RenameDialogProps {
  readonly model: ModelSummary;
  readonly onClose: () => void;
}

export function RenameDialog({ model, onClose }: RenameDialogProps) {
  const { manager } = useStudio();
  const [name, setName] = useState(model.name);
  const unchanged = name.trim() === '' || name.trim() === model.name;
  return (
    <Modal
      opened
      centered
      onClose={onClose}
      title="Rename the model"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (unchanged) return;
          void manager.rename(model.id, name);
          onClose();
        }}
      >
        <TextInput
          data-autofocus
          aria-label="Name"
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Group justify="flex-end" gap={8} mt="md">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={unchanged}>
            Rename
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
