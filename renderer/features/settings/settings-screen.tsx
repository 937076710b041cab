import { Tabs } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconActivity, IconCpu, IconDatabase, IconPalette, IconSchool, IconWorld } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { FailureNote } from '../../components/failure-note.tsx';
import frame from '../../components/screen.module.css';
import { ScreenBar } from '../../components/screen-bar.tsx';
import { useStudio } from '../../components/studio-context.tsx';
import { ActivityPanel } from './activity-panel.tsx';
import { AppearancePanel } from './appearance-panel.tsx';
import { ComputePanel } from './compute-panel.tsx';
import { NetworkPanel } from './network-panel.tsx';
import classes from './settings-screen.module.css';
import { StoragePanel } from './storage-panel.tsx';
import { TrainingPanel } from './training-panel.tsx';

const pages = [
  { value: 'network', title: 'Network', icon: IconWorld },
  { value: 'compute', title: 'Compute', icon: IconCpu },
  { value: 'training', title: 'Training', icon: IconSchool },
  { value: 'storage', title: 'Storage', icon: IconDatabase },
  { value: 'activity', title: 'Activity', icon: IconActivity },
  { value: 'appearance', title: 'Appearance', icon: IconPalette },
] as const;

/** What holds for the whole application. */
export function SettingsScreen() {
  const { settings } = useStudio();
  const failure = useStore(settings.store, (state) => state.failure);
  const stacked = useMediaQuery('(max-width: 860px)', false, { getInitialValueInEffect: false });
  const [page, setPage] = useState<string>('network');
  useEffect(() => {
    void settings.load();
  }, [settings]);
  return (
    <main className={frame.screen}>
      <ScreenBar title="Settings" />
      {failure !== null && (
        <div className={classes.failure}>
          <FailureNote failure={failure} onDismiss={settings.dismissFailure} />
        </div>
      )}
      <Tabs
        value={page}
        onChange={(value) => setPage(value ?? 'network')}
        orientation={stacked ? 'horizontal' : 'vertical'}
        keepMounted={false}
        variant={stacked ? 'default' : 'pills'}
        classNames={{
          root: classes.tabs ?? '',
          list: classes.list ?? '',
          tab: classes.tab ?? '',
          tabLabel: classes.label ?? '',
          panel: classes.panel ?? '',
        }}
      >
        <Tabs.List>
          {pages.map(({ value, title, icon: Icon }) => (
            <Tabs.Tab key={value} value={value} leftSection={<Icon size={16} stroke={1.6} aria-hidden />}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="network">
          <NetworkPanel />
        </Tabs.Panel>
        <Tabs.Panel value="compute">
          <ComputePanel />
        </Tabs.Panel>
        <Tabs.Panel value="training">
          <TrainingPanel />
        </Tabs.Panel>
        <Tabs.Panel value="storage">
          <StoragePanel />
        </Tabs.Panel>
        <Tabs.Panel value="activity">
          <ActivityPanel />
        </Tabs.Panel>
        <Tabs.Panel value="appearance">
          <AppearancePanel />
        </Tabs.Panel>
      </Tabs>
    </main>
  );
}
