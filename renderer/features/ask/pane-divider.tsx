import type { KeyboardEvent, PointerEvent } from 'react';
import { useStore } from 'zustand';
import { useStudio } from '../../components/studio-context.tsx';
import { splitLimits } from '../../stores/layout.ts';
import classes from './pane-divider.module.css';

const keyStep = 0.02;

/** Between the video and the conversation: drag it, or move it with the arrow keys. */
export function PaneDivider() {
  const { layout } = useStudio();
  const split = useStore(layout.store, (state) => state.split);
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = event.currentTarget.parentElement!.getBoundingClientRect();
    layout.setSplit((event.clientX - box.left) / box.width);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    layout.setSplit(split + (event.key === 'ArrowRight' ? keyStep : -keyStep));
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved.
    <div
      className={classes.divider}
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label="Width of the video"
      aria-valuemin={splitLimits.low * 100}
      aria-valuemax={splitLimits.high * 100}
      aria-valuenow={Math.round(split * 100)}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onPointerMove}
      onKeyDown={onKeyDown}
    />
  );
}
