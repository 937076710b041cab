import { Select } from '@mantine/core';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { Providers, Settings } from '../../../engine/contract/settings.ts';
import { FailureNote } from '../../components/failure-note.tsx';
import { useStudio } from '../../components/studio-context.tsx';
import { Tag } from '../../components/tag.tsx';
import { roleNames } from '../../lib/model-facts.ts';
import classes from './compute-panel.module.css';
import { Setting, SettingsPage, Working } from './setting.tsx';

const roles = ['encoder', 'visual', 'languageModel'] as const;

/** What computes the parts of a model, and why. */
export function ComputePanel() {
  const { settings: store } = useStudio();
  const settings = useStore(store.store, (state) => state.settings);
  const { value: providers, loading, failure } = useStore(store.store, (state) => state.providers);
  useEffect(() => {
    void store.loadProviders();
  }, [store]);
  return (
    <SettingsPage>
      {failure !== null && <FailureNote failure={failure} onRetry={() => void store.loadProviders()} />}
      {providers === null && loading && <Working>Trying out what this machine can compute with…</Working>}
      {providers !== null && settings !== null && (
        <>
          <h2 className={classes.heading}>On this machine</h2>
          <ul className={classes.states}>
            {providers.states.map((state) => (
              <li key={state.name}>
                <span className={classes.name}>{state.title}</span>
                <Tag tone={state.available ? 'good' : 'plain'}>
                  {state.available ? 'works' : 'not available'}
                </Tag>
                <span className={classes.detail}>{state.detail}</span>
              </li>
            ))}
          </ul>
          <h2 className={classes.heading}>Used for</h2>
          {roles.map((role) => (
            <RoleSetting key={role} role={role} providers={providers} settings={settings} />
          ))}
        </>
      )}
    </SettingsPage>
  );
}

interface RoleSettingProps {
  readonly role: (typeof roles)[number];
  readonly providers: Providers;
  readonly settings: Settings;
}

function RoleSetting({ role, providers, settings }: RoleSettingProps) {
  const { settings: store } = useStudio();
  const choice = providers.choices.find((each) => each.role === role);
  const titleOf = (name: string) => providers.states.find((state) => state.name === name)?.title ?? name;
  const chosen = settings.providers[role];
  const data = [
    {
      value: 'auto',
      label: choice && chosen === 'auto' ? `Automatic: ${titleOf(choice.name)}` : 'Automatic',
    },
    ...providers.states
      .filter((state) => state.available || state.name === chosen)
      .map((state) => ({ value: state.name, label: state.title })),
  ];
  return (
    <Setting title={roleNames[role]} help={choice?.reason}>
      <Select
        aria-label={roleNames[role]}
        allowDeselect={false}
        data={data}
        value={chosen}
        onChange={(value) =>
          void store.change({
            providers: { ...settings.providers, [role]: value as Settings['providers'][typeof role] },
          })
        }
      />
    </Setting>
  );
}
