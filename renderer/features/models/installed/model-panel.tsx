import { Button, Tabs } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { ModelSummary } from '../../../../engine/contract/models.ts';
import { FailureNote } from '../../../components/failure-note.tsx';
import { IconButton } from '../../../components/icon-button.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { Tag } from '../../../components/tag.tsx';
import { type DetailTab, detailTabs } from '../../../stores/inspector.ts';
import { ConfigurationTab } from './configuration-tab.tsx';
import { FilesTab } from './files-tab.tsx';
import { ModelActions } from './model-actions.tsx';
import classes from './model-panel.module.css';
import { Overview } from './overview.tsx';
import { PromptTab } from './prompt-tab.tsx';
import { TensorsTab } from './tensors-tab.tsx';

const tabTitles: Readonly<Record<DetailTab, string>> = {
  overview: 'Overview',
  tensors: 'Tensors',
  files: 'Files',
  configuration: 'Configuration',
  prompt: 'Prompt',
};

interface ModelPanelProps {
  readonly model: ModelSummary;
  /** True where the list is not beside it. */
  readonly alone: boolean;
}

/** One model: what it is, what can be done with it, and what is inside. */
export function ModelPanel({ model, alone }: ModelPanelProps) {
  const { inspector, manager } = useStudio();
  const tab = useStore(inspector.store, (state) => state.tab);
  const { value: detail, failure } = useStore(inspector.store, (state) => state.detail);
  return (
    <article className={classes.panel} aria-label={model.name}>
      <header className={classes.head}>
        <div className={classes.title}>
          {alone && (
            <IconButton label="Back to the list" onClick={() => void inspector.open(null)}>
              <IconArrowLeft size={18} stroke={1.7} />
            </IconButton>
          )}
          <h2 className={classes.name}>{model.name}</h2>
          {model.demonstration && <Tag tone="warn">Demonstration</Tag>}
          {model.problem !== null && <Tag tone="bad">Needs repair</Tag>}
        </div>
        <ModelActions model={model} folder={detail?.folder ?? null} />
      </header>
      <p className={classes.description}>{model.notice ?? model.description}</p>
      {model.problem !== null && (
        <div className={classes.problem}>
          <FailureNote failure={{ kind: 'expected', code: 'model_incomplete', ...model.problem }}>
            <Button size="compact-sm" onClick={() => void manager.repair(model.id)}>
              Repair
            </Button>
          </FailureNote>
        </div>
      )}
      <Tabs
        value={tab}
        onChange={(value) => inspector.showTab(value as DetailTab)}
        keepMounted={false}
        classNames={{
          root: classes.tabs ?? '',
          list: classes.tabList ?? '',
          panel: classes.tabPanel ?? '',
        }}
      >
        <Tabs.List>
          {detailTabs.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {tabTitles[name]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {failure !== null && failure.kind !== 'disconnected' && (
          <div className={classes.failure}>
            <FailureNote failure={failure} onRetry={() => void inspector.reload()} />
          </div>
        )}
        <Tabs.Panel value="overview">
          <Overview model={model} detail={detail} />
        </Tabs.Panel>
        <Tabs.Panel value="tensors">
          <TensorsTab model={model} />
        </Tabs.Panel>
        <Tabs.Panel value="files">{detail !== null && <FilesTab detail={detail} />}</Tabs.Panel>
        <Tabs.Panel value="configuration">
          {detail !== null && <ConfigurationTab detail={detail} />}
        </Tabs.Panel>
        <Tabs.Panel value="prompt">{detail !== null && <PromptTab detail={detail} />}</Tabs.Panel>
      </Tabs>
    </article>
  );
}
