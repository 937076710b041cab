import { IconColumns2 } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { EmptyNote } from '../../../components/empty-note.tsx';
import { FailureNote } from '../../../components/failure-note.tsx';
import frame from '../../../components/screen.module.css';
import { ScreenBar } from '../../../components/screen-bar.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { compareLimits } from '../../../stores/compare.ts';
import { AddModel } from '../add-model.tsx';
import { CompareColumn } from './compare-column.tsx';
import { CompareForm } from './compare-form.tsx';
import classes from './compare-screen.module.css';

/** Two to four models on one question and the open video, side by side. */
export function CompareScreen() {
  const { compare, models } = useStudio();
  const columns = useStore(compare.store, (state) => state.columns);
  const asked = useStore(compare.store, (state) => state.asked);
  const failure = useStore(compare.store, (state) => state.failure);
  const picked = useStore(compare.store, (state) => state.modelIds);
  const list = useStore(models.store, (state) => state.models);
  const usable = list.filter((model) => model.problem === null);

  useEffect(() => {
    const known = picked.filter((id) => list.some((model) => model.id === id));
    if (known.length !== picked.length) compare.pick(known);
    // The first two, so that the screen is ready to be used.
    else if (known.length === 0 && usable.length >= compareLimits.least)
      compare.pick(usable.slice(0, compareLimits.least).map((model) => model.id));
  }, [compare, list, picked, usable]);

  const running = columns.findIndex((column) => column.answer.state === 'streaming');
  return (
    <main className={frame.screen}>
      <ScreenBar title="Compare" />
      {usable.length < compareLimits.least ? (
        <EmptyNote
          icon={<IconColumns2 size={40} stroke={1.2} />}
          title="Two models are needed"
          text="Install another model to see how both answer the same question about the same video."
        >
          <AddModel />
        </EmptyNote>
      ) : (
        <div className={classes.scroll}>
          <CompareForm models={usable} />
          {failure !== null && <FailureNote failure={failure} />}
          {asked !== null && (
            <p className={classes.asked}>
              “{asked.question}”{asked.videoName !== null && ` about ${asked.videoName}`}
            </p>
          )}
          {columns.length > 0 && (
            <div className={classes.columns}>
              {columns.map((column, i) => (
                <CompareColumn
                  key={column.modelId}
                  column={column}
                  all={columns}
                  waiting={running >= 0 && i > running}
                />
              ))}
            </div>
          )}
        </div>
      )}
    </main>
  );
}
