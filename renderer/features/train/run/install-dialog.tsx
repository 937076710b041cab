import { Button, Group, Modal, Radio, Select, Stack, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import {
  type InstallChoice,
  type InstallForm,
  installForms,
  type Run,
} from '../../../../engine/contract/training.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatBytes, formatCount } from '../../../lib/numbers.ts';
import { formatLoss, nextName } from '../../../lib/run-words.ts';
import { modelName } from '../model-name.ts';

interface InstallDialogProps {
  readonly run: Run;
  /** The checkpoint that is proposed. */
  readonly step: number;
  readonly onClose: () => void;
}

/** Makes a model that answers of a checkpoint: which one, what it is called, and how what was learned is kept. */
export function InstallDialog({ run, step, onClose }: InstallDialogProps) {
  const { training, models } = useStudio();
  const [chosen, setChosen] = useState(String(step));
  const [name, setName] = useState(() =>
    nextName(run.config.name, new Set(models.store.getState().models.map((model) => model.name))),
  );
  const choices = useChoices(run.id, Number(chosen));
  const [wanted, setWanted] = useState<InstallForm | null>(null);
  const form = choices.find((choice) => choice.form === wanted)?.form ?? choices[0]?.form;
  const base = useStore(models.store, (state) => modelName(state.models, run.config.modelId));
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
          if (form === undefined) return;
          void training.install(run, Number(chosen), name, form);
          onClose();
        }}
      >
        <Stack gap={12}>
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
          <Radio.Group
            label="What was learned"
            value={form ?? ''}
            onChange={(value) => setWanted(installForms.find((each) => each === value) ?? null)}
          >
            <Stack gap={10} mt={6}>
              {choices.map(({ form: value, bytes }) => (
                <Radio
                  key={value}
                  value={value}
                  label={`${formTitles[value]} · ${formatBytes(bytes)}`}
                  description={formWords[value](base)}
                />
              ))}
            </Stack>
          </Radio.Group>
        </Stack>
        <Group justify="flex-end" gap={8} mt="lg">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={name.trim() === '' || form === undefined} loading={busy}>
            Make it and ask
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

const formTitles: Readonly<Record<InstallForm, string>> = {
  adapter: 'Kept apart',
  merged: 'Worked into a copy',
};
const formWords: Readonly<Record<InstallForm, (base: string) => string>> = {
  adapter: (base) =>
    `Lies beside ${base}, whose language model stays as it is. In Ask you switch between them.`,
  merged: (base) => `A model of its own. What did not change is shared with ${base}.`,
};

/** The forms of a checkpoint; none until they are known. */
function useChoices(id: string, step: number): readonly InstallChoice[] {
  const { training } = useStudio();
  const [choices, setChoices] = useState<readonly InstallChoice[]>([]);
  useEffect(() => {
    let left = false;
    void training.installForms(id, step).then((found) => {
      if (!left && found !== null) setChoices(found);
    });
    return () => {
      left = true;
    };
  }, [training, id, step]);
  return choices;
}
