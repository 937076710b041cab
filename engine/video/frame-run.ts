import type { Ffmpeg } from './ffmpeg.ts';
import { passthrough } from './ffmpeg.ts';
import type { PictureFormat } from './picture-format.ts';
import { lastAtMost, type Run } from './plan.ts';
import { runFfmpeg } from './run.ts';
import { parseShownFrame, showFrames } from './shown-frame.ts';
import type { Timeline } from './timeline.ts';

/** Where a child's packets come from, and what may be believed of the frames that come out. */
export interface RunSource {
  /** Input options, `-i` included. */
  readonly args: readonly string[];
  /** Bytes for the child's standard input. */
  readonly bytes?: AsyncIterable<Uint8Array>;
  /** What the source adds to a packet's `pts`. */
  readonly shift: number;
  /** Decoding starts where the file does: every frame that comes out is right. */
  readonly whole: boolean;
  /**
   * Whether a frame at the keyframe's time will do though it is not a keyframe itself: right where the decoder holds
   * back all frames until it has recovered (H.264 with intra refresh) and decoding started ahead of it.
   */
  readonly trustShown: boolean;
}

export interface RunInput {
  readonly ffmpeg: Ffmpeg;
  readonly timeline: Timeline;
  readonly format: PictureFormat;
  readonly signal?: AbortSignal | undefined;
}

/** A wanted frame that did not come out, and the nearest one before it (else after it) that did. */
export interface MissingFrame {
  readonly frame: number;
  readonly nearest: number | null;
}

/**
 * Decodes runs (ascending) in one child and hands over each wanted frame as soon as it is known to be the right one:
 * every frame is told by its timestamp, and unless decoding starts where the file does it is believed only when its
 * run's keyframe was shown before it.
 */
export async function decodeRuns(
  input: RunInput,
  runs: readonly Run[],
  source: RunSource,
  onFrame: (index: number, bytes: Uint8Array) => void,
): Promise<readonly MissingFrame[]> {
  const { timeline, format } = input;
  const { pts } = timeline.packets;
  const { timed } = timeline;
  const frames = runs.flatMap((run) => run.frames);
  const identity = (frame: number): number =>
    timed ? pts[timeline.packetOf[frame]!]! + source.shift : frame;
  const wanted = new Map(frames.map((frame) => [identity(frame), frame]));
  const anchors = new Map(
    runs.flatMap(({ from, frames: members }) =>
      members.map((frame) => [frame, from === null ? null : pts[from]! + source.shift] as const),
    ),
  );
  const anchorTimes = new Set(anchors.values());
  const lastWanted = identity(frames[frames.length - 1]!);
  const missing = new Set(frames);
  const shownAnchors = new Set<number | null>();
  const shownIds: number[] = [];
  const coming: { readonly frame: number; readonly sure: boolean }[] = [];
  const pictures: Uint8Array[] = [];
  let stop = (): void => {};

  const settle = (): void => {
    while (coming.length > 0 && pictures.length > 0) {
      const { frame, sure } = coming.shift()!;
      const bytes = pictures.shift()!;
      if (sure && missing.delete(frame)) onFrame(frame, bytes);
    }
    if (missing.size === 0) stop();
  };
  const cut = format.cutter((bytes) => {
    pictures.push(bytes);
    settle();
  });

  const select = frames.map((frame) => `eq(${timed ? 'pts' : 'n'},${identity(frame)})`).join('+');
  const filters = [showFrames, `select='${select}'`, ...format.filters].join(',');
  await runFfmpeg(input.ffmpeg, {
    args: [
      ...['-nostdin', '-v', 'info', '-copyts', ...source.args],
      ...['-map', '0:V:0', '-vf', filters, '-frames:v', `${frames.length}`, ...passthrough(input.ffmpeg)],
      ...[...format.output, 'pipe:1'],
    ],
    signal: input.signal,
    input: source.bytes,
    onStart: (end) => {
      stop = end;
    },
    onOutput: cut,
    onLine: (line) => {
      const shown = parseShownFrame(line);
      if (!shown) return;
      if (anchorTimes.has(shown.pts) && (shown.key || source.trustShown)) shownAnchors.add(shown.pts);
      const id = timed ? shown.pts : shown.ordinal;
      if (source.whole) shownIds.push(id);
      const frame = wanted.get(id);
      if (frame !== undefined) {
        coming.push({ frame, sure: source.whole || shownAnchors.has(anchors.get(frame)!) });
        settle();
      } else if (id > lastWanted && coming.length === 0) {
        // Frames come out in presentation order: past the last wanted one, what is missing will not come.
        stop();
      }
    },
  });
  return [...missing].map((frame) => {
    const id = shownIds[Math.max(0, lastAtMost(shownIds, identity(frame)))];
    return { frame, nearest: id === undefined ? null : frameOf(timeline, id - source.shift) };
  });
}

/** The frame that is known by a timestamp, or by its place where there are none. */
function frameOf(timeline: Timeline, id: number): number {
  if (!timeline.timed) return Math.min(id, timeline.frameCount - 1);
  const times = Float64Array.from(timeline.packetOf, (packet) => timeline.packets.pts[packet]!);
  return Math.max(0, lastAtMost(times, id));
}
