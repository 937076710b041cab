import type { PacketTable } from './packets.ts';

/** Where every frame of a video lies in time and in the file, from its packets alone: nothing is decoded. */
export interface Timeline {
  readonly packets: PacketTable;
  readonly frameCount: number;
  /** Presentation time of each frame in presentation order, in seconds from the first frame. */
  readonly seconds: Float64Array;
  /** The packet of each frame: an index into `packets`, which is in decode order. */
  readonly packetOf: Int32Array;
  /** Keyframe packets, in decode order. */
  readonly keys: Int32Array;
  /** From the first frame to the end of the last one, in seconds. */
  readonly duration: number;
  /**
   * Whether a frame is known by its timestamp. Where timestamps are missing, repeated or run backwards (raw H.264, AVI
   * with B-frames) it is known by its place in decoding from the start, and seeking is not possible.
   */
  readonly timed: boolean;
}

export interface TimelineOptions {
  readonly codec: string;
  /** Used for the last frame's length and where packets carry no times; frames a second. */
  readonly averageFps: number | null;
  /** First presentation time that decodes (ticks): frames before it cannot be shown and do not count. */
  readonly firstPts: number;
}

/**
 * Builds the frame index. Packets that an edit list discards, damaged last packets of a truncated file and frames before
 * the first decodable one do not count.
 */
export function buildTimeline(packets: PacketTable, options: TimelineOptions): Timeline {
  const shown: number[] = [];
  const last = packets.count - 1;
  for (let i = 0; i <= last; i++) {
    const cutOff = i === last && packets.corrupt(i);
    if (!packets.discarded(i) && !cutOff) shown.push(i);
  }
  return timedFrames(packets, shown, options) ?? countedFrames(packets, shown, options);
}

function timedFrames(
  packets: PacketTable,
  shown: readonly number[],
  options: TimelineOptions,
): Timeline | null {
  const { pts, dts } = packets;
  if (shown.some((i) => Number.isNaN(pts[i]!))) return null;
  for (let i = 1; i < packets.count; i++) if (dts[i]! < dts[i - 1]!) return null;
  let order = [...shown].sort((a, b) => pts[a]! - pts[b]! || a - b);
  const distinct = order.filter((p, i) => i === order.length - 1 || pts[p] !== pts[order[i + 1]!]);
  if (distinct.length !== order.length) {
    // VP8 keeps its hidden reference frames in packets of their own, stamped like the shown frame after them.
    if (options.codec !== 'vp8') return null;
    order = distinct;
  }
  if (!Number.isNaN(options.firstPts)) order = order.filter((p) => pts[p]! >= options.firstPts);
  return assemble(packets, order, (p) => pts[p]!, options, true);
}

/** Frames without usable times: one a packet, in decode order, timed by decode stamps where those exist. */
function countedFrames(packets: PacketTable, shown: readonly number[], options: TimelineOptions): Timeline {
  const { dts, secondsPerTick } = packets;
  const rising = shown.every((p, i) => i === 0 || dts[p]! > dts[shown[i - 1]!]!);
  const tick = 1 / ((options.averageFps ?? 25) * secondsPerTick);
  const place = new Map(shown.map((p, i) => [p, i]));
  return assemble(packets, shown, rising ? (p) => dts[p]! : (p) => place.get(p)! * tick, options, false);
}

function assemble(
  packets: PacketTable,
  order: readonly number[],
  ticks: (packet: number) => number,
  options: TimelineOptions,
  timed: boolean,
): Timeline {
  const { secondsPerTick } = packets;
  const frameCount = order.length;
  const origin = frameCount > 0 ? ticks(order[0]!) : 0;
  const seconds = Float64Array.from(order, (p) => (ticks(p) - origin) * secondsPerTick);
  const lastLength =
    frameCount === 0
      ? 0
      : packets.duration[order[frameCount - 1]!]! * secondsPerTick || 1 / (options.averageFps ?? 25);
  const duration = frameCount === 0 ? 0 : seconds[frameCount - 1]! + lastLength;
  const keys: number[] = [];
  for (let i = 0; i < packets.count; i++) if (packets.key(i)) keys.push(i);
  const packetOf = Int32Array.from(order);
  return { packets, frameCount, seconds, packetOf, keys: Int32Array.from(keys), duration, timed };
}
