import { Badge, Button, Popover, UnstyledButton } from '@mantine/core';
import { IconCheck, IconChevronDown, IconCpu } from '@tabler/icons-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import type { ModelSummary } from '../../../../engine/contract/models.ts';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { withAdapters } from '../../../lib/model-facts.ts';
import { formatBytes, formatCount, plural } from '../../../lib/numbers.ts';
import { chosenModel } from '../../../stores/models.ts';
import classes from './model-picker.module.css';

/** Which model is asked, what it is made of, and what it is not. */
export function ModelPicker() {
  const { models, navigation } = useStudio();
  const [opened, setOpened] = useState(false);
  const list = useStore(models.store, (state) => state.models);
  const chosen = useStore(models.store, chosenModel);
  const loaded = useStore(models.store, (state) => state.loaded);
  const failure = useStore(models.store, (state) => state.failure);
  const choose = (id: string): void => {
    models.choose(id);
    setOpened(false);
  };
  const name = chosen?.name ?? (loaded ? 'No model' : 'Model');
  return (
    <Popover opened={opened} onChange={setOpened} position="top-start" shadow="md" withinPortal trapFocus>
      <Popover.Target>
        <UnstyledButton
          className={classes.button}
          aria-label={`Model: ${name}${chosen?.demonstration ? ', demonstration' : ''}`}
          onClick={() => {
            setOpened(!opened);
            // A model that came since is in the list at once.
            if (!opened) void models.load();
          }}
        >
          <IconCpu size={16} stroke={1.6} aria-hidden />
          <span className={classes.name}>{name}</span>
          {chosen?.demonstration && <span className={classes.demo}>Demo</span>}
          <IconChevronDown size={13} stroke={1.8} aria-hidden />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={classes.card} aria-label="Models">
        <div className={classes.scroll}>
          {failure !== null && <FailureNote failure={failure} />}
          {failure === null && list.length === 0 && (
            <p className={classes.none}>
              {loaded ? 'There is no model on this machine yet.' : 'Looking for models…'}
            </p>
          )}
          {withAdapters(list).map(({ model, adapters }) => (
            <div key={model.id}>
              <Choice model={model} chosen={model.id === chosen?.id} onChoose={() => choose(model.id)} />
              {adapters.length > 0 && (
                <ul className={classes.adapters} aria-label={`Adapters of ${model.name}`}>
                  {adapters.map((adapter) => (
                    <li key={adapter.id}>
                      <AdapterChoice
                        model={adapter}
                        chosen={adapter.id === chosen?.id}
                        onChoose={() => choose(adapter.id)}
                      />
                    </li>
                  ))}
                </ul>
              )}
            </div>
          ))}
          {chosen !== null && <Parts model={chosen} />}
          <div className={classes.manage}>
            <Button
              size="compact-sm"
              variant="subtle"
              color="gray"
              onClick={() => {
                setOpened(false);
                navigation.go(list.length === 0 ? 'discover' : 'models');
              }}
            >
              {list.length === 0 ? 'Discover models' : 'Manage models'}
            </Button>
          </div>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

interface ChoiceProps {
  readonly model: ModelSummary;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}

function Choice({ model, chosen, onChoose }: ChoiceProps) {
  const frames = model.encoders.reduce((most, encoder) => Math.max(most, encoder.frames), 0);
  return (
    <UnstyledButton
      className={classes.choice}
      aria-pressed={chosen}
      disabled={model.problem !== null}
      onClick={onChoose}
    >
      <span className={classes.title}>
        {model.name}
        {model.demonstration && (
          <Badge size="xs" variant="light" color="yellow" className={classes.badge ?? ''}>
            Demonstration
          </Badge>
        )}
        {chosen && <IconCheck className={classes.tick} size={16} stroke={2} aria-hidden />}
      </span>
      <span className={classes.description}>{model.description}</span>
      {model.notice !== null && <span className={classes.notice}>{model.notice}</span>}
      {model.problem !== null && <span className={classes.notice}>{model.problem.sentence}</span>}
      <span className={classes.facts}>
        {[
          ...(model.encoders.length === 0
            ? ['text alone']
            : [plural(model.encoders.length, 'encoder'), plural(frames, 'frame')]),
          `${formatCount(model.contextLength)} tokens of context`,
          formatBytes(model.bytes),
        ].join(' · ')}
      </span>
    </UnstyledButton>
  );
}

/** A model that is another one with an adapter: all else is said there. */
function AdapterChoice({ model, chosen, onChoose }: ChoiceProps) {
  return (
    <UnstyledButton
      className={classes.adapter}
      aria-pressed={chosen}
      disabled={model.problem !== null}
      onClick={onChoose}
    >
      <span className={classes.title}>
        {model.name}
        <span className={classes.size}>{`adapter · ${formatBytes(model.ownBytes)}`}</span>
        {chosen && <IconCheck className={classes.tick} size={16} stroke={2} aria-hidden />}
      </span>
      {model.problem !== null && <span className={classes.notice}>{model.problem.sentence}</span>}
    </UnstyledButton>
  );
}

/** What the chosen model is made of, with licences. */
function Parts({ model }: { readonly model: ModelSummary }) {
  return (
    <details className={classes.parts}>
      <summary>Parts and licences</summary>
      <ul>
        {model.parts.map((part) => (
          <li key={`${part.role}/${part.id}`}>
            <span>{part.name}</span>
            <span className={classes.partFacts}>
              {[part.precision, formatBytes(part.bytes), part.licence].filter(Boolean).join(' · ')}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
