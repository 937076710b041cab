import type { Ffmpeg } from './ffmpeg.ts';
import { passthrough } from './ffmpeg.ts';
import { fileInput } from './input.ts';
import type { PictureFormat } from './picture-format.ts';
import { lastAtMost, type Run, type Start } from './plan.ts';
import { runFfmpeg } from './run.ts';
import { parseShownFrame, type ShownFrame, showFrames } from './shown-frame.ts';
import type { Timeline } from './timeline.ts';

export interface RunInput {
  readonly ffmpeg: Ffmpeg;
  readonly path: string;
  readonly timeline: Timeline;
  readonly threads: number;
  readonly format: PictureFormat;
  /**
   * Whether a frame at the keyframe's time will do though it is not a keyframe itself: right where the decoder holds
   * back all frames until it has recovered (H.264 with intra refresh) and decoding started ahead of it.
   */
  readonly trustShown: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A wanted frame that did not come out, and the nearest one before it (else after it) that did. */
export interface MissingFrame {
  readonly frame: number;
  readonly nearest: number | null;
}

/**
 * Decodes one run and hands over each wanted frame as soon as it is known to be the right one: every frame is told by
 * its timestamp, and after a seek it is believed only when the run's keyframe was shown before it, wherever the seek
 * landed.
 */
export async function decodeRun(
  input: RunInput,
  run: Run,
  start: Start,
  onFrame: (index: number, bytes: Uint8Array, shown: ShownFrame) => void,
): Promise<readonly MissingFrame[]> {
  const { timeline } = input;
  const { pts } = timeline.packets;
  const identity = (frame: number): number => (timeline.timed ? pts[timeline.packetOf[frame]!]! : frame);
  const wanted = new Map(run.frames.map((frame) => [identity(frame), frame]));
  const lastWanted = identity(run.frames[run.frames.length - 1]!);
  const missing = new Set(run.frames);
  const shownWanted: { shown: ShownFrame; frame: number; sure: boolean }[] = [];
  const pictures: Uint8Array[] = [];
  const shownIds: number[] = [];
  let sure = start === 'beginning';
  let stop = (): void => {};

  const settle = (): void => {
    while (shownWanted.length > 0 && pictures.length > 0) {
      const next = shownWanted.shift()!;
      const bytes = pictures.shift()!;
      if (!next.sure || !missing.delete(next.frame)) continue;
      onFrame(next.frame, bytes, next.shown);
    }
    if (missing.size === 0) stop();
  };
  const cut = input.format.cutter((bytes) => {
    pictures.push(bytes);
    settle();
  });

  const seek =
    start === 'beginning'
      ? []
      : ['-noaccurate_seek', '-seek_timestamp', '1', '-ss', start.seconds.toFixed(6)];
  const variable = timeline.timed ? 'pts' : 'n';
  const select = run.frames.map((frame) => `eq(${variable},${identity(frame)})`).join('+');
  const filters = [showFrames, `select='${select}'`, ...input.format.filters].join(',');
  await runFfmpeg(input.ffmpeg, {
    args: [
      ...[
        '-nostdin',
        '-v',
        'info',
        '-copyts',
        ...fileInput(input.path, [...seek, '-threads', `${input.threads}`]),
      ],
      ...['-map', '0:V:0', '-vf', filters, '-frames:v', `${run.frames.length}`, ...passthrough(input.ffmpeg)],
      ...[...input.format.output, 'pipe:1'],
    ],
    signal: input.signal,
    onStart: (end) => {
      stop = end;
    },
    onOutput: cut,
    onLine: (line) => {
      const shown = parseShownFrame(line);
      if (!shown) return;
      const id = timeline.timed ? shown.pts : shown.ordinal;
      if (run.from !== null && shown.pts === pts[run.from] && (shown.key || input.trustShown)) sure = true;
      if (sure) shownIds.push(id);
      const frame = wanted.get(id);
      if (frame !== undefined) shownWanted.push({ shown, frame, sure });
      settle();
      // Frames come out in presentation order: past the last wanted one, what is missing will not come.
      if (id > lastWanted && shownWanted.length === 0) stop();
    },
  });
  return [...missing].map((frame) => {
    const id = shownIds[Math.max(0, lastAtMost(shownIds, identity(frame)))];
    return { frame, nearest: id === undefined ? null : frameOf(timeline, id) };
  });
}

/** The frame that is known by a timestamp, or by its place where there are none. */
function frameOf(timeline: Timeline, id: number): number {
  if (!timeline.timed) return Math.min(id, timeline.frameCount - 1);
  const times = Float64Array.from(timeline.packetOf, (packet) => timeline.packets.pts[packet]!);
  return Math.max(0, lastAtMost(times, id));
}
