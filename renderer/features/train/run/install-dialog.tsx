import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useStore } from 'zustand';
import type { Run } from '../../../../engine/contract/training.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatCount } from '../../../lib/numbers.ts';
import { formatLoss, nextName } from '../../../lib/run-words.ts';
import classes from './run-page.module.css';

interface InstallDialogProps {
  readonly run: Run;
  /** The checkpoint that is proposed. */
  readonly step: number;
  readonly onClose: () => void;
}

/** Makes a model that answers of a checkpoint: which one, and what it is called. */
export function InstallDialog({ run, step, onClose }: InstallDialogProps) {
  const { training, models } = useStudio();
  const [chosen, setChosen] = useState(String(step));
  const [name, setName] = useState(() =>
    nextName(run.config.name, new Set(models.store.getState().models.map((model) => model.name))),
  );
  const busy = useStore(training.installing, (state) => state.id !== null);
  const options = [...run.checkpoints].reverse().map((checkpoint) => ({
    value: String(checkpoint.step),
    label: [
      `Step ${formatCount(checkpoint.step)}`,
      ...(checkpoint.evalLoss === null ? [] : [`${formatLoss(checkpoint.evalLoss)} on kept-out`]),
      ...(checkpoint.step === run.best?.step ? ['best'] : []),
    ].join(' · '),
  }));
  return (
    <Modal opened onClose={onClose} centered title="Ask with it" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void training.install(run, Number(chosen), name);
          onClose();
        }}
      >
        <Stack gap={12}>
          <p className={classes.none}>
            What was learned is worked into a copy of the model, which is then asked like any other. Parts
            that did not change are shared with the original.
          </p>
          <TextInput
            label="Name of the model"
            data-autofocus
            required
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label="Checkpoint"
            allowDeselect={false}
            data={options}
            value={chosen}
            onChange={(value) => setChosen(value ?? chosen)}
          />
        </Stack>
        <Group justify="flex-end" gap={8} mt="lg">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={name.trim() === ''} loading={busy}>
            Make it and ask
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
