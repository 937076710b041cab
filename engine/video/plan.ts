import type { Timeline } from './timeline.ts';

/** Wanted frames that are decoded in one go: from a keyframe, or from the file's start, to the last of them. */
export interface Run {
  /** Keyframe packet to start from; null is the start of the file. */
  readonly from: number | null;
  /** Frame indexes, ascending. */
  readonly frames: readonly number[];
  /** Last packet in decode order that one of them is in. */
  readonly to: number;
}

/** Where decoding starts: the file's beginning, or a seek to a time (seconds on the file's own clock). */
export type Start = 'beginning' | { readonly seconds: number };

/** How many packets are decoded in the time that one more ffmpeg takes to start: some 60 ms at 0.4 Gpixel/s. */
function packetsWorthAChild(pixels: number): number {
  return 24e6 / pixels;
}

/**
 * Groups frames by the keyframe their decoding must start from, and joins neighbours where decoding on is cheaper than
 * seeking again.
 */
export function planSeeks(timeline: Timeline, indexes: Iterable<number>, pixels: number): readonly Run[] {
  const worthASeek = packetsWorthAChild(pixels);
  const runs = planRuns(timeline, indexes, worthASeek);
  return runs.map((run) => (run.from !== null && run.from <= worthASeek ? { ...run, from: null } : run));
}

/**
 * Groups frames by the keyframe their decoding must start from; the next group's keyframe may lie this many packets
 * behind the last wanted one and is still decoded in the same go.
 */
export function planRuns(
  timeline: Timeline,
  indexes: Iterable<number>,
  packetsToJoin: number,
): readonly Run[] {
  const frames = [...new Set(indexes)].sort((a, b) => a - b);
  if (frames.length === 0) return [];
  if (!timeline.timed) return [{ from: null, frames, to: Math.max(...frames) }];
  const runs: { from: number | null; frames: number[]; to: number }[] = [];
  for (const frame of frames) {
    const packet = timeline.packetOf[frame]!;
    const from = anchor(timeline, packet);
    const run = runs[runs.length - 1];
    if (run && (from === null || from <= run.to + packetsToJoin)) {
      run.frames.push(frame);
      run.to = Math.max(run.to, packet);
    } else {
      runs.push({ from, frames: [frame], to: packet });
    }
  }
  return runs;
}

/** Containers without an index: ffmpeg finds a place by time, not a keyframe, so it must aim ahead of it. */
const unindexed = /^(mpegts|mpeg)$/;

/** Keyframes to go back by when the frames did not come out right, ending with the beginning of the file. */
const stepsBack = [0, 1, 8, Number.POSITIVE_INFINITY] as const;

/** How many ways there are to start a run. */
export const startCount = stepsBack.length;

/**
 * The nth way to start a run, each more certain and slower than the one before; the last is the file's beginning.
 * A seek aims between its keyframe and the next one: exactly at it, rounding and the 3/23 s that ffmpeg steps back in
 * containers indexed by decode time would end a keyframe early.
 */
export function startOf(timeline: Timeline, container: string, run: Run, attempt: number): Start {
  if (run.from === null) return 'beginning';
  const { keys } = timeline;
  const { pts, dts, secondsPerTick } = timeline.packets;
  const place = lastAtMost(keys, run.from) - stepsBack[attempt]!;
  if (place < 0) return 'beginning';
  const key = keys[place]!;
  if (unindexed.test(container)) return { seconds: (dts[key]! || pts[key]!) * secondsPerTick - 0.3 };
  const next = keys[place + 1];
  const room = next === undefined ? 1 : (Math.min(pts[next]!, dts[next]!) - pts[key]!) * secondsPerTick;
  const behind = Math.max(0, Math.min(0.1315, room * 0.9));
  return { seconds: pts[key]! * secondsPerTick + behind };
}

/**
 * The last keyframe at or before a packet that is also shown no later: pictures shown before their keyframe (open GOP)
 * need the one before. Null when there is none.
 */
function anchor(timeline: Timeline, packet: number): number | null {
  const { keys } = timeline;
  const { pts } = timeline.packets;
  for (let k = lastAtMost(keys, packet); k >= 0; k--) {
    if (pts[keys[k]!]! <= pts[packet]!) return keys[k]!;
  }
  return null;
}

/** Place of the last value not above the limit in an ascending list; -1 when all are. */
export function lastAtMost(ascending: ArrayLike<number>, limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
