import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import type { VideoInfo } from '../../../../engine/contract/video.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { clamp, frameStep, isWhole } from '../../../lib/clip.ts';
import { evenFrames } from '../../../lib/frames.ts';
import { encoderColour } from '../../../lib/theme.ts';
import { formatClock } from '../../../lib/time.ts';
import { frameKey, stripHeight } from '../../../stores/frames.ts';
import { Handle } from './handle.tsx';
import classes from './timeline.module.css';

const trackHeight = 46;

/** The whole video as a film strip: the playhead, the clip's handles, and a mark for each frame an encoder sees. */
export function Timeline({ video }: { readonly video: VideoInfo }) {
  const { video: videos, plan } = useStudio();
  const range = useStore(videos.store, (state) => state.range);
  const encoders = useStore(plan.store, (state) =>
    state.videoId === video.id ? state.plan?.encoders : undefined,
  );
  const { ref, width } = useElementSize();
  if (range === null) return null;

  const percent = (seconds: number) => `${clamp((seconds / video.seconds) * 100, 0, 100)}%`;
  const whole = isWhole(range, video);

  return (
    <div className={classes.timeline}>
      <div ref={ref} className={classes.track}>
        <Film video={video} width={width} />
        <div className={classes.outside} style={{ left: 0, width: percent(range.from) }} />
        <div className={classes.outside} style={{ left: percent(range.to), right: 0 }} />
        <Scrub video={video} />
        <div
          className={classes.clip}
          data-whole={whole}
          style={{
            left: percent(range.from),
            right: `${100 - clamp((range.to / video.seconds) * 100, 0, 100)}%`,
          }}
        />
        <Handle edge="from" range={range} video={video} />
        <Handle edge="to" range={range} video={video} />
        <Playhead seconds={video.seconds} />
      </div>
      <div className={classes.lanes} aria-hidden>
        {encoders?.map((encoder, i) => (
          <div key={encoder.encoder} className={classes.lane} style={{ color: encoderColour(i) }}>
            {encoder.frames.map((frame, n) => (
              // A short clip shows one frame several times.
              // biome-ignore lint/suspicious/noArrayIndexKey: the place in the row is a tick's identity.
              <i key={n} className={classes.tick} style={{ left: percent(frame.seconds) }} />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

/** The surface that moves the playhead, by pointer and by keys. */
function Scrub({ video }: { readonly video: VideoInfo }) {
  const { player } = useStudio();
  const time = useStore(player.store, (state) => state.time);
  const scrub = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    player.seek(clamp((event.clientX - box.left) / box.width, 0, 1) * video.seconds);
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    player.pause();
    scrub(event);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const target = keyTarget(event, time, video);
    if (target === null) return;
    event.preventDefault();
    event.stopPropagation();
    player.pause();
    player.seek(target);
  };
  return (
    <div
      className={classes.scrub}
      role="slider"
      tabIndex={0}
      aria-label="Playhead"
      aria-valuemin={0}
      aria-valuemax={video.seconds}
      aria-valuenow={time}
      aria-valuetext={formatClock(time, 2)}
      onPointerDown={onPointerDown}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) scrub(event);
      }}
      onKeyDown={onKeyDown}
    />
  );
}

function Playhead({ seconds }: { readonly seconds: number }) {
  const { time, playing, mode } = useStore(useStudio().player.store);
  if (mode === 'loop' && playing) return null;
  return (
    <div
      className={classes.playhead}
      style={{ left: `${clamp((time / seconds) * 100, 0, 100)}%` }}
      title={formatClock(time, 2)}
    />
  );
}

/** Pictures along the track, as many as fit at their own shape. */
function Film({ video, width }: { readonly video: VideoInfo; readonly width: number }) {
  const { frames, engine } = useStudio();
  const lives = useStore(engine.store, (state) => state.lives);
  const pictures = useStore(frames.store, (state) => state.pictures);
  const aspect = video.height > 0 ? clamp(video.width / video.height, 0.5, 2.4) : 16 / 9;
  const count = width === 0 ? 0 : clamp(Math.round(width / (trackHeight * aspect)), 3, 24);
  const indexes = useMemo(() => evenFrames(video, count), [video, count]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new life of the engine is asked again.
  useEffect(() => {
    if (indexes.length === 0) return;
    // A window being resized asks once it rests.
    const timer = setTimeout(() => void frames.want(video.id, indexes, stripHeight), 120);
    return () => clearTimeout(timer);
  }, [frames, video.id, indexes, lives]);
  return (
    <div className={classes.film} aria-hidden>
      {indexes.map((index, i) => {
        const picture = pictures[frameKey(video.id, index, stripHeight)];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a short video shows one frame several times.
          <div key={`${i}/${index}`} className={classes.cell}>
            {picture !== undefined && <img src={picture} alt="" draggable={false} />}
          </div>
        );
      })}
    </div>
  );
}

/** Where a key moves the playhead to; null for keys that do not. */
function keyTarget(event: KeyboardEvent, time: number, video: VideoInfo): number | null {
  const step = event.shiftKey ? 1 : frameStep(video);
  switch (event.key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.max(0, time - step);
    case 'ArrowRight':
    case 'ArrowUp':
      return Math.min(video.seconds, time + step);
    case 'Home':
      return 0;
    case 'End':
      return video.seconds;
    default:
      return null;
  }
}
