import { useEffect, useRef } from 'react';
import type { VideoInfo } from '../../../../engine/contract/video.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { frameStep } from '../../../lib/clip.ts';
import classes from './surface.module.css';

interface VideoSurfaceProps {
  readonly video: VideoInfo;
  /** Called where the browser cannot show this file's pictures. */
  readonly onRefused: () => void;
}

/** A <video> element without its own controls: the timeline has better ones. */
export function VideoSurface({ video, onRefused }: VideoSurfaceProps) {
  const { player, video: videos, host } = useStudio();
  const ref = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    let tick = 0;
    const range = () => videos.store.getState().range ?? { from: 0, to: video.seconds };
    // A quarter of a frame in, so that rounding never shows the frame before.
    const show = (seconds: number) => {
      element.currentTime = Math.min(seconds + frameStep(video) / 4, Math.max(0, video.seconds - 1e-3));
    };
    const detach = player.attach(
      {
        play: () => {
          const { from, to } = range();
          const at = element.currentTime;
          if (at < from - frameStep(video) || at >= to - frameStep(video)) show(from);
          void element.play().catch(() => {});
        },
        pause: () => element.pause(),
        seek: show,
      },
      'timed',
    );
    const follow = () => {
      const { to } = range();
      const at = element.currentTime;
      // The clip is what is asked about, so playing stops where it ends.
      if (at >= to && at < to + 0.5) {
        element.pause();
        player.report({ time: to });
      } else player.report({ time: Math.min(at, video.seconds) });
      if (!element.paused) tick = requestAnimationFrame(follow);
    };
    const onPlay = () => {
      player.report({ playing: true });
      cancelAnimationFrame(tick);
      tick = requestAnimationFrame(follow);
    };
    const onPause = () => {
      cancelAnimationFrame(tick);
      player.report({ playing: false });
    };
    const onMetadata = () => {
      if (element.videoWidth === 0) onRefused();
    };
    element.addEventListener('play', onPlay);
    element.addEventListener('pause', onPause);
    element.addEventListener('loadedmetadata', onMetadata);
    element.addEventListener('error', onRefused);
    return () => {
      cancelAnimationFrame(tick);
      element.removeEventListener('play', onPlay);
      element.removeEventListener('pause', onPause);
      element.removeEventListener('loadedmetadata', onMetadata);
      element.removeEventListener('error', onRefused);
      detach();
    };
  }, [player, videos, video, onRefused]);

  return (
    // biome-ignore lint/a11y/useMediaCaption: the user's own file; there is no caption track to offer.
    <video
      ref={ref}
      className={classes.media}
      src={host.mediaUrl(video.id)}
      preload="auto"
      playsInline
      aria-label={video.name}
      onClick={() => player.toggle()}
    />
  );
}
