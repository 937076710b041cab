import { useEffect, useRef } from 'react';
import type { VideoInfo } from '../../../../engine/contract/video.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { frameStep } from '../../../lib/clip.ts';
import classes from './surface.module.css';

const retryMs = 400;

interface VideoSurfaceProps {
  readonly video: VideoInfo;
  /** Called where the browser cannot show this file's pictures. */
  readonly onRefused: () => void;
}

/** A <video> element without its own controls: the timeline has better ones. */
export function VideoSurface({ video, onRefused }: VideoSurfaceProps) {
  const { player, video: videos, host } = useStudio();
  const ref = useRef<HTMLVideoElement>(null);
  const tried = useRef(false);

  /** A file opened this moment may not be served yet: it gets a second chance. */
  const onError = () => {
    if (tried.current) onRefused();
    tried.current = true;
    setTimeout(() => ref.current?.load(), retryMs);
  };

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
    element.addEventListener('play', onPlay);
    element.addEventListener('pause', onPause);
    return () => {
      cancelAnimationFrame(tick);
      element.removeEventListener('play', onPlay);
      element.removeEventListener('pause', onPause);
      detach();
    };
  }, [player, videos, video]);

  return (
    // biome-ignore lint/a11y/useMediaCaption: the user's own file; there is no caption track to offer.
    <video
      ref={ref}
      className={classes.media}
      src={host.mediaUrl(video.id)}
      preload="auto"
      playsInline
      aria-label={video.name}
      onError={onError}
      onLoadedMetadata={(event) => {
        // Sound alone: the pictures are in a form that the browser does not know.
        if (event.currentTarget.videoWidth === 0) onRefused();
      }}
      onClick={() => player.toggle()}
    />
  );
}
