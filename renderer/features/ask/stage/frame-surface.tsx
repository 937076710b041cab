import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { VideoInfo } from '../../../../engine/contract/video.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { frameKey, largeHeight } from '../../../stores/frames.ts';
import classes from './surface.module.css';
import { useFrameAt } from './use-frame-at.ts';

const settleMs = 60;

/** The exact frame at the playhead, for files that the browser cannot play. */
export function FrameSurface({ video, note }: { readonly video: VideoInfo; readonly note: string | null }) {
  const { player, frames } = useStudio();
  const lives = useStore(useStudio().engine.store, (state) => state.lives);
  const index = useFrameAt(video);
  const picture = useStore(frames.store, (state) => state.pictures[frameKey(video.id, index, largeHeight)]);

  useEffect(() => player.attach({ play: () => {}, pause: () => {}, seek: () => {} }, 'frames'), [player]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new life of the engine is asked again.
  useEffect(() => {
    const timer = setTimeout(() => void frames.want(video.id, [index], largeHeight), settleMs);
    return () => clearTimeout(timer);
  }, [frames, video.id, index, lives]);

  return (
    <div className={classes.layers}>
      {picture === undefined ? (
        <span className={classes.hidden} />
      ) : (
        <img className={classes.media} src={picture} alt={`Frame ${index} of ${video.name}`} />
      )}
      {note !== null && <p className={classes.note}>{note}</p>}
    </div>
  );
}
