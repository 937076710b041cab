import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { isWorking } from '../../../engine/contract/training.ts';
import frame from '../../components/screen.module.css';
import { ScreenBar } from '../../components/screen-bar.tsx';
import { useStudio } from '../../components/studio-context.tsx';
import { plural } from '../../lib/numbers.ts';
import { CompareRuns } from './compare/compare-runs.tsx';
import { RunList } from './list/run-list.tsx';
import { RunPage } from './run/run-page.tsx';
import { Wizard } from './wizard/wizard.tsx';

/** Training: the runs, one of them, several side by side, or the way to a new one. */
export function TrainScreen() {
  const { runs, trainView, training } = useStudio();
  const view = useStore(trainView.store, (state) => state.view);
  const list = useStore(runs.store, (state) => state.runs);
  const ready = useStore(runs.store, (state) => state.runtime.value?.state === 'ready');
  const life = useStore(useStudio().engine.store, (state) => state.lives);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each life of the engine is asked anew.
  useEffect(() => {
    void runs.look();
  }, [runs, life]);
  const working = list.filter(isWorking).length;
  const aside =
    view.kind === 'wizard'
      ? 'New run'
      : list.length === 0
        ? undefined
        : `${plural(list.length, 'run')}${working > 0 ? ` · ${working} under way` : ''}`;
  return (
    <main className={frame.screen}>
      <ScreenBar title="Train" aside={aside}>
        {view.kind !== 'wizard' && list.length > 0 && (
          <Button
            size="compact-md"
            leftSection={<IconPlus size={15} stroke={1.9} aria-hidden />}
            disabled={!ready}
            onClick={training.startNew}
          >
            New run
          </Button>
        )}
      </ScreenBar>
      {view.kind === 'list' && <RunList />}
      {view.kind === 'wizard' && <Wizard />}
      {view.kind === 'run' && <RunPage key={view.id} id={view.id} />}
      {view.kind === 'compare' && <CompareRuns ids={view.ids} />}
    </main>
  );
}
