import { HoverCard } from '@mantine/core';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { FrameRef, VideoInfo } from '../../../../engine/contract/video.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { clamp } from '../../../lib/clip.ts';
import { lastFrameBefore, shapeOf } from '../../../lib/frames.ts';
import { plural } from '../../../lib/numbers.ts';
import { encoderColour } from '../../../lib/theme.ts';
import { formatClock } from '../../../lib/time.ts';
import { frameKey, largeHeight, stripHeight } from '../../../stores/frames.ts';
import classes from './frames.module.css';

interface FrameStripProps {
  readonly video: VideoInfo;
  readonly name: string;
  /** Which encoder it is: decides the colour. */
  readonly order: number;
  readonly frames: readonly FrameRef[];
}

/** One encoder's frames. One stop for Tab; the arrow keys go along the strip, and to go is to seek. */
export function FrameStrip({ video, name, order, frames }: FrameStripProps) {
  const { player } = useStudio();
  const current = useStore(player.store, (state) => lastFrameBefore(frames, state.time));
  const [focused, setFocused] = useState(0);
  const row = useRef<HTMLUListElement>(null);
  const stop = clamp(focused, 0, frames.length - 1);

  // The strip keeps up with the playhead without moving the page.
  useEffect(() => {
    const list = row.current;
    const cell = list?.children[current];
    if (!list || !(cell instanceof HTMLElement)) return;
    const left = cell.offsetLeft - list.offsetLeft;
    if (left < list.scrollLeft) list.scrollLeft = left - 8;
    else if (left + cell.offsetWidth > list.scrollLeft + list.clientWidth) {
      list.scrollLeft = left + cell.offsetWidth - list.clientWidth + 8;
    }
  }, [current]);

  const go = (i: number) => {
    const frame = frames[i];
    if (!frame) return;
    setFocused(i);
    player.pause();
    player.seek(frame.seconds);
    row.current?.children[i]?.querySelector('button')?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const targets: Readonly<Record<string, number>> = {
      ArrowLeft: stop - 1,
      ArrowRight: stop + 1,
      Home: 0,
      End: frames.length - 1,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    go(clamp(target, 0, frames.length - 1));
  };

  return (
    <div className={classes.strip} style={{ '--encoder': encoderColour(order) }}>
      <div className={classes.label}>
        <i className={classes.dot} aria-hidden />
        <span className={classes.name}>{name}</span>
        <span className={classes.count}>{plural(frames.length, 'frame')}</span>
      </div>
      <ul ref={row} className={classes.row} aria-label={`${name}: frames`} onKeyDown={onKeyDown}>
        {frames.map((frame, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a short clip shows one frame several times.
          <li key={i}>
            <Frame
              video={video}
              frame={frame}
              current={i === current}
              tabIndex={i === stop ? 0 : -1}
              onGo={() => go(i)}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

interface FrameProps {
  readonly video: VideoInfo;
  readonly frame: FrameRef;
  readonly current: boolean;
  readonly tabIndex: number;
  readonly onGo: () => void;
}

function Frame({ video, frame, current, tabIndex, onGo }: FrameProps) {
  const { frames } = useStudio();
  const picture = useStore(
    frames.store,
    (state) => state.pictures[frameKey(video.id, frame.index, stripHeight)],
  );
  const time = formatClock(frame.seconds, 2);
  return (
    <HoverCard
      openDelay={450}
      disabled={current}
      closeDelay={0}
      position="top"
      shadow="md"
      withinPortal
      onOpen={() => void frames.want(video.id, [frame.index], largeHeight)}
    >
      <HoverCard.Target>
        <button
          type="button"
          className={classes.frame}
          data-current={current}
          tabIndex={tabIndex}
          aria-label={`Frame ${frame.index} at ${time}`}
          aria-current={current}
          onClick={onGo}
        >
          <span className={classes.picture} style={{ aspectRatio: shapeOf(video) }}>
            {picture !== undefined && <img src={picture} alt="" draggable={false} />}
          </span>
          <span className={classes.time}>{time}</span>
        </button>
      </HoverCard.Target>
      <HoverCard.Dropdown p={6} className={classes.card}>
        <Large video={video} frame={frame} />
      </HoverCard.Dropdown>
    </HoverCard>
  );
}

function Large({ video, frame }: { readonly video: VideoInfo; readonly frame: FrameRef }) {
  const { frames } = useStudio();
  const picture = useStore(
    frames.store,
    (state) =>
      state.pictures[frameKey(video.id, frame.index, largeHeight)] ??
      state.pictures[frameKey(video.id, frame.index, stripHeight)],
  );
  return (
    <figure className={classes.large}>
      <div className={classes.largePicture} style={{ aspectRatio: shapeOf(video) }}>
        {picture !== undefined && <img src={picture} alt="" />}
      </div>
      <figcaption className={classes.caption}>
        {formatClock(frame.seconds, 2)} <span>frame {frame.index}</span>
      </figcaption>
    </figure>
  );
}
