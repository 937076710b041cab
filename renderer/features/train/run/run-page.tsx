import { Button, Loader, Tabs } from '@mantine/core';
import { IconSchool } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { Run } from '../../../../engine/contract/training.ts';
import { EmptyNote } from '../../../components/empty-note.tsx';
import { FailureNote } from '../../../components/failure-note.tsx';
import { Notes } from '../../../components/notes.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { Tag } from '../../../components/tag.tsx';
import { expected } from '../../../lib/failure.ts';
import { formatSmall, mayLackMemory, stateTones, stateWords } from '../../../lib/run-words.ts';
import { type RunTab, runTabs } from '../../../stores/run-page.ts';
import { runOf } from '../../../stores/runs.ts';
import { ConfigTable } from '../config-table.tsx';
import { PageHeading } from '../page-heading.tsx';
import { SavingsList } from '../savings-list.tsx';
import { AnswersTab } from './answers-tab.tsx';
import { CheckpointsTab } from './checkpoints-tab.tsx';
import { CurvesTab } from './curves-tab.tsx';
import { LogTab } from './log-tab.tsx';
import { RunActions } from './run-actions.tsx';
import { RunFacts } from './run-facts.tsx';
import classes from './run-page.module.css';

const tabTitles: Readonly<Record<RunTab, string>> = {
  curves: 'Curves',
  answers: 'Answers',
  checkpoints: 'Checkpoints',
  settings: 'Parameters',
  log: 'Log',
};

/** One run: what it is at, its curves, its answers, its checkpoints. Everything comes from the engine. */
export function RunPage({ id }: { readonly id: string }) {
  const { runs, runPage, training } = useStudio();
  const run = useStore(runs.store, (state) => runOf(state, id));
  const loaded = useStore(runs.store, (state) => state.loaded);
  const tab = useStore(runPage.store, (state) => state.tab);
  if (run === null) {
    return loaded ? (
      <EmptyNote icon={<IconSchool size={40} stroke={1.2} />} title="This run is not there any more">
        <Button variant="default" onClick={training.showList}>
          All runs
        </Button>
      </EmptyNote>
    ) : (
      <div className={classes.waiting}>
        <Loader size={20} />
      </div>
    );
  }
  return (
    <article className={classes.page} aria-label={run.config.name}>
      <header className={classes.head}>
        <PageHeading title={run.config.name}>
          <Tag tone={stateTones[run.state]}>{stateWords[run.state]}</Tag>
        </PageHeading>
        <RunActions run={run} />
      </header>
      <RunFacts run={run} />
      {(run.error !== null || run.notes.length > 0) && (
        <div className={classes.notes}>
          {run.error !== null && (
            <FailureNote failure={expected(run.error)}>
              {run.error.code === 'training_diverged' ? <SlowerButton run={run} /> : undefined}
            </FailureNote>
          )}
          {mayLackMemory(run) && (
            <SavingsList savings={run.savings} onApply={(change) => training.tryWith(run, change)} />
          )}
          <Notes notes={run.notes} />
        </div>
      )}
      <Tabs
        value={tab}
        onChange={(value) => runPage.showTab(value as RunTab)}
        keepMounted={false}
        classNames={{ root: classes.tabs ?? '', list: classes.tabList ?? '', panel: classes.panel ?? '' }}
      >
        <Tabs.List>
          {runTabs.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {tabTitles[name]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="curves">
          <CurvesTab run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="answers">
          <AnswersTab run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="checkpoints">
          <CheckpointsTab run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <ConfigTable config={run.config} />
        </Tabs.Panel>
        <Tabs.Panel value="log">
          <LogTab />
        </Tabs.Panel>
      </Tabs>
    </article>
  );
}

/** The usual way out of a loss that is no number. */
function SlowerButton({ run }: { readonly run: Run }) {
  const { training } = useStudio();
  const learningRate = Number((run.config.learningRate / 5).toPrecision(2));
  return (
    <Button size="compact-sm" variant="default" onClick={() => training.tryWith(run, { learningRate })}>
      New run with a learning rate of {formatSmall(learningRate)}…
    </Button>
  );
}
