import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import type { VideoInfo } from '../../../../engine/contract/video.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { clamp, type Edge, frameStep, type Range } from '../../../lib/clip.ts';
import { formatClock } from '../../../lib/time.ts';
import classes from './timeline.module.css';

interface HandleProps {
  readonly edge: Edge;
  readonly range: Range;
  readonly video: VideoInfo;
}

/** One end of the clip. Dragging shows the frame under it; the arrow keys move it by a frame, with Shift by a second. */
export function Handle({ edge, range, video }: HandleProps) {
  const { player, video: videos } = useStudio();
  const grip = useRef(0);
  const seconds = range[edge];

  const move = (to: number) => {
    videos.moveEdge(edge, to);
    player.seek(videos.store.getState().range?.[edge] ?? to);
  };
  const under = (event: PointerEvent<HTMLElement>): number => {
    const box = event.currentTarget.parentElement!.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * video.seconds;
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    // The handle keeps its distance to the pointer instead of jumping under it.
    grip.current = seconds - under(event);
    player.pause();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = event.shiftKey ? 1 : frameStep(video);
    const targets: Readonly<Record<string, number>> = {
      ArrowLeft: seconds - step,
      ArrowDown: seconds - step,
      ArrowRight: seconds + step,
      ArrowUp: seconds + step,
      Home: 0,
      End: video.seconds,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(target);
  };

  return (
    <div
      className={classes.handle}
      data-edge={edge}
      style={{ left: `${clamp((seconds / video.seconds) * 100, 0, 100)}%` }}
      role="slider"
      tabIndex={0}
      aria-label={edge === 'from' ? 'Clip start handle' : 'Clip end handle'}
      aria-valuemin={edge === 'from' ? 0 : range.from}
      aria-valuemax={edge === 'from' ? range.to : video.seconds}
      aria-valuenow={seconds}
      aria-valuetext={formatClock(seconds, 2)}
      onPointerDown={onPointerDown}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) move(under(event) + grip.current);
      }}
      onKeyDown={onKeyDown}
    />
  );
}
