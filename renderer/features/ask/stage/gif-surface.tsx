import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { VideoInfo } from '../../../../engine/contract/video.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { frameKey, largeHeight } from '../../../stores/frames.ts';
import classes from './surface.module.css';
import { useFrameAt } from './use-frame-at.ts';

interface GifSurfaceProps {
  readonly video: VideoInfo;
  readonly onRefused: () => void;
}

/** An animated picture runs by itself; paused or sought, it shows the exact frame at the playhead. */
export function GifSurface({ video, onRefused }: GifSurfaceProps) {
  const { player, frames, host } = useStudio();
  const [running, setRunning] = useState(!matchMedia('(prefers-reduced-motion: reduce)').matches);
  const index = useFrameAt(video);
  const picture = useStore(frames.store, (state) => state.pictures[frameKey(video.id, index, largeHeight)]);

  useEffect(() => {
    const still = () => setRunning(false);
    return player.attach({ play: () => setRunning(true), pause: still, seek: still }, 'loop');
  }, [player]);
  useEffect(() => player.report({ playing: running }), [player, running]);
  useEffect(() => {
    if (!running) void frames.want(video.id, [index], largeHeight);
  }, [frames, running, video.id, index]);

  return (
    <div className={classes.layers}>
      <img
        className={`${classes.media} ${running || picture === undefined ? '' : classes.hidden}`}
        src={host.mediaUrl(video.id)}
        alt={video.name}
        onError={onRefused}
      />
      {!running && picture !== undefined && (
        <img className={classes.media} src={picture} alt={`Frame ${index}`} />
      )}
    </div>
  );
}
