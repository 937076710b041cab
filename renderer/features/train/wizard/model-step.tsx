import { Button, TextInput } from '@mantine/core';
import { useStore } from 'zustand';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatBytes, plural } from '../../../lib/numbers.ts';
import { ChoiceCard } from './choice-card.tsx';
import classes from './wizard.module.css';

/** Which model is trained, and what the run is called. */
export function ModelStep() {
  const { wizard, models, navigation } = useStudio();
  const { modelId, name } = useStore(wizard.store, (state) => state.config);
  const list = useStore(models.store, (state) => state.models);
  return (
    <>
      <TextInput
        label="Name of the run"
        maxLength={100}
        maw={420}
        value={name}
        onChange={(event) => wizard.change({ name: event.currentTarget.value })}
      />
      <fieldset className={classes.part}>
        <legend className={classes.legend}>Which model learns?</legend>
        {list.length === 0 ? (
          <div className={classes.path}>
            <p className={classes.help}>No model is installed.</p>
            <Button size="compact-sm" variant="default" onClick={() => navigation.go('discover')}>
              Discover models
            </Button>
          </div>
        ) : (
          <div className={classes.cards}>
            {list.map((model) => (
              <ChoiceCard
                key={model.id}
                name="model"
                title={model.name}
                about={
                  model.problem?.sentence ??
                  [
                    model.encoders.length === 0 ? 'no encoder' : plural(model.encoders.length, 'encoder'),
                    model.parts.find(({ role }) => role === 'languageModel')?.name,
                    formatBytes(model.bytes),
                  ]
                    .filter(Boolean)
                    .join(' · ')
                }
                checked={model.id === modelId}
                disabled={model.problem !== null}
                onChoose={() => wizard.change({ modelId: model.id })}
              />
            ))}
          </div>
        )}
        <p className={classes.help}>
          It learns from its original weights, not the converted ones; what is missing of them is fetched when
          the run is measured or started. The model itself stays as it is.
        </p>
      </fieldset>
    </>
  );
}
