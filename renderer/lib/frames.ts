import type { EncoderFrames, FrameRef, VideoInfo } from '../../engine/contract/video.ts';
import { clamp, frameStep } from './clip.ts';

type Timed = Pick<VideoInfo, 'seconds' | 'fps' | 'frameCount'>;

/**
 * The frame shown at `seconds`. Where the engine named the frame of exactly this moment it is that one (a variable
 * frame rate has no formula); elsewhere the average rate decides.
 */
export function frameAt(video: Timed, seconds: number, known: readonly FrameRef[]): number {
  const step = frameStep(video);
  const named = known.find((frame) => Math.abs(frame.seconds - seconds) < step / 8);
  if (named) return named.index;
  return clamp(Math.floor(seconds / step + 1e-3), 0, Math.max(0, video.frameCount - 1));
}

/** `count` frames spread evenly over the video, each from the middle of its stretch: the timeline's pictures. */
export function evenFrames(video: Timed, count: number): readonly number[] {
  const frames = Math.max(1, video.frameCount);
  return Array.from({ length: count }, (_, i) =>
    Math.min(frames - 1, Math.floor(((i + 0.5) / count) * frames)),
  );
}

/** How many different frames are looked at, however many encoders share one. */
export function distinctFrames(encoders: readonly EncoderFrames[]): number {
  return new Set(encoders.flatMap((encoder) => encoder.frames.map((frame) => frame.index))).size;
}

/**
 * The last frame that starts at or before `seconds`, -1 before the first one; `frames` in order of time. Where one
 * frame stands several times in a row it is the first of them.
 */
export function lastFrameBefore(frames: readonly FrameRef[], seconds: number): number {
  let last = -1;
  for (const [i, frame] of frames.entries()) {
    if (frame.seconds <= seconds + 1e-3 && frame.index !== frames[last]?.index) last = i;
  }
  return last;
}

/** Width over height, for CSS; a file that does not say is taken for a usual one. */
export function shapeOf({ width, height }: Pick<VideoInfo, 'width' | 'height'>): string {
  return width > 0 && height > 0 ? `${width} / ${height}` : '16 / 9';
}
