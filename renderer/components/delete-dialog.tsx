import { Button, Group, Modal } from '@mantine/core';
import type { ReactNode } from 'react';

interface DeleteDialogProps {
  /** What is deleted, as people call it. */
  readonly name: string;
  readonly onDelete: () => void;
  readonly onClose: () => void;
  /** What is lost with it, and what stays. */
  readonly children: ReactNode;
}

/** Asks before something is deleted for good; keeping it is what Enter does. */
export function DeleteDialog({ name, onDelete, onClose, children }: DeleteDialogProps) {
  return (
    <Modal
      opened
      onClose={onClose}
      centered
      title={`Delete “${name}”?`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {children}
      <Group justify="flex-end" gap={8} mt="md">
        <Button variant="default" data-autofocus onClick={onClose}>
          Keep it
        </Button>
        <Button
          color="red.9"
          onClick={() => {
            onDelete();
            onClose();
          }}
        >
          Delete
        </Button>
      </Group>
    </Modal>
  );
}
