import { Loader } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import card from '../../../components/card.module.css';
import { CopyButton } from '../../../components/copy-button.tsx';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import classes from './run-page.module.css';

/** The end of what the trainer wrote. It stays at its end while it is looked at there. */
export function LogTab() {
  const { runPage } = useStudio();
  const { value, loading, failure } = useStore(runPage.store, (state) => state.log);
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    void runPage.refresh();
  }, [runPage]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new text moves the end.
  useEffect(() => {
    if (box.current !== null && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [value]);
  if (failure !== null) return <FailureNote failure={failure} onRetry={() => void runPage.refresh()} />;
  if (value === null) return loading ? <Loader size={18} /> : null;
  if (value.trim() === '') return <p className={classes.none}>The trainer has written nothing yet.</p>;
  return (
    <>
      <div className={classes.tools}>
        <CopyButton label="Copy the log" text={() => value} />
      </div>
      <pre
        ref={box}
        className={`${card.card} ${classes.log}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          atEnd.current = scrollHeight - scrollTop - clientHeight < 24;
        }}
      >
        {value}
      </pre>
    </>
  );
}
