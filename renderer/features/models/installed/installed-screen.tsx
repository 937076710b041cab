import { Button } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconCompass, IconCube } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { EmptyNote } from '../../../components/empty-note.tsx';
import { FailureNote } from '../../../components/failure-note.tsx';
import frame from '../../../components/screen.module.css';
import { ScreenBar } from '../../../components/screen-bar.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { diskOf } from '../../../lib/model-facts.ts';
import { formatBytes, plural } from '../../../lib/numbers.ts';
import { AddModel } from '../add-model.tsx';
import { StarterOffer } from '../starter-offer.tsx';
import classes from './installed-screen.module.css';
import { ModelList } from './model-list.tsx';
import { ModelPanel } from './model-panel.tsx';

const sideBySideFrom = 820;

/** The models on this machine: a list, and the one that is looked at. */
export function InstalledScreen() {
  const { models, inspector, navigation } = useStudio();
  const { models: list, loaded, failure } = useStore(models.store);
  const id = useStore(inspector.store, (state) => state.id);
  const { ref, width } = useElementSize();
  const both = width >= sideBySideFrom;
  const shown = list.find((model) => model.id === id) ?? null;
  const first = list[0]?.id ?? null;

  useEffect(() => {
    void models.load();
  }, [models]);
  useEffect(() => {
    // Beside the list there is always one to look at.
    if (both && shown === null && first !== null) void inspector.open(first);
  }, [both, shown, first, inspector]);

  const disk = diskOf(list);
  const total =
    list.length === 0
      ? undefined
      : `${plural(list.length, 'model')} · ${formatBytes(disk.bytes)} on disk${
          disk.saved > 0 ? ` · ${formatBytes(disk.saved)} saved by shared parts` : ''
        }`;
  return (
    <main className={frame.screen}>
      <ScreenBar title="Models" aside={total}>
        <AddModel />
      </ScreenBar>
      <div className={classes.panes} ref={ref} data-both={both}>
        {failure !== null && (
          <div className={classes.failure}>
            <FailureNote failure={failure} onRetry={() => void models.load()} />
          </div>
        )}
        {failure === null && loaded && list.length === 0 && (
          <EmptyNote
            icon={<IconCube size={40} stroke={1.2} />}
            title="No model on this machine yet"
            text="Install the small one to try things out, or look for a larger one."
          >
            <StarterOffer />
            <Button
              variant="default"
              leftSection={<IconCompass size={16} stroke={1.6} aria-hidden />}
              onClick={() => navigation.go('discover')}
            >
              Discover models
            </Button>
          </EmptyNote>
        )}
        {list.length > 0 && (both || shown === null) && <ModelList currentId={shown?.id ?? null} />}
        {shown !== null && <ModelPanel key={shown.id} model={shown} alone={!both} />}
      </div>
    </main>
  );
}
