import type { Clip, VideoInfo } from '../../engine/contract/video.ts';

/** The handles on the timeline, in seconds; always 0 <= from < to <= seconds. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export type Edge = 'from' | 'to';

type Timed = Pick<VideoInfo, 'seconds' | 'fps' | 'frameCount'>;

/** Seconds that one frame lasts: the arrow keys' step and the shortest clip. */
export function frameStep(video: Timed): number {
  if (video.fps > 0) return Math.min(1 / video.fps, Math.max(video.seconds, 1e-3));
  return video.frameCount > 0 ? video.seconds / video.frameCount : 1 / 25;
}

export function wholeRange(video: Timed): Range {
  return { from: 0, to: video.seconds };
}

/** A stored clip on this video; one that no longer fits becomes the whole. */
export function rangeOfClip(clip: Clip | null, video: Timed): Range {
  if (clip === null) return wholeRange(video);
  const to = Math.min(clip.to ?? video.seconds, video.seconds);
  return to - clip.from >= frameStep(video) * 0.5 ? { from: Math.max(0, clip.from), to } : wholeRange(video);
}

export function isWhole(range: Range, video: Timed): boolean {
  const slack = frameStep(video) / 4;
  return range.from < slack && range.to > video.seconds - slack;
}

/** What the engine is asked about: null for the whole, an open end where the clip reaches it. Rounded to 1 µs. */
export function clipOfRange(range: Range, video: Timed): Clip | null {
  if (isWhole(range, video)) return null;
  const atEnd = range.to > video.seconds - frameStep(video) / 4;
  return { from: round(range.from), to: atEnd ? null : round(range.to) };
}

/** Moves one handle to `seconds`; it stops one frame short of the other handle and never pushes it. */
export function moveEdge(range: Range, edge: Edge, seconds: number, video: Timed): Range {
  const step = frameStep(video);
  if (edge === 'from') return { ...range, from: clamp(seconds, 0, Math.max(0, range.to - step)) };
  return { ...range, to: clamp(seconds, Math.min(range.from + step, video.seconds), video.seconds) };
}

/**
 * The I and O keys: puts a handle at the playhead. Where that lies beyond the other handle the other one gives way
 * to the video's end (or start), as in an editing suite, rather than refusing.
 */
export function markEdge(range: Range, edge: Edge, playhead: number, video: Timed): Range {
  const step = frameStep(video);
  if (edge === 'from') {
    const to = playhead > range.to - step ? video.seconds : range.to;
    return moveEdge({ ...range, to }, 'from', playhead, video);
  }
  const from = playhead < range.from + step ? 0 : range.from;
  return moveEdge({ ...range, from }, 'to', playhead, video);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
