import { ExpectedError } from '../contract/errors.ts';
import { decodeByCutting } from './decode-cut.ts';
import { decodeRuns, type RunInput, type RunSource } from './frame-run.ts';
import { fileInput } from './input.ts';
import { inLanes, threadsFor } from './lanes.ts';
import type { PictureFormat } from './picture-format.ts';
import { planSeeks, type Run, type Start, startCount, startOf } from './plan.ts';
import { decodeStill } from './still.ts';
import { assertUnchanged, type OpenedVideo } from './video.ts';

export interface PictureOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whole sentences about frames that could not be had as asked. */
  readonly onWarning?: (sentence: string) => void;
}

/** Called once for each different number asked for; `index` is the frame really given. */
export type OnPicture = (asked: number, index: number, bytes: Uint8Array) => void;

/**
 * Decodes the frames with these numbers and hands over each as soon as it is there, in no set order. At most two
 * ffmpeg children at once; all are gone when this settles, however it does.
 */
export async function eachPicture(
  video: OpenedVideo,
  indexes: readonly number[],
  format: PictureFormat,
  options: PictureOptions,
  onPicture: OnPicture,
): Promise<void> {
  for (const index of indexes) {
    if (!Number.isInteger(index) || index < 0 || index >= video.timeline.frameCount) {
      throw new RangeError(`frame ${index} of ${video.timeline.frameCount} was asked for`);
    }
  }
  if (video.pictures !== null) {
    const { pictures } = video;
    await inLanes([...new Set(indexes)], options.signal, async (index, signal) => {
      onPicture(index, index, await decodeStill(video.ffmpeg, pictures[index]!, format, signal));
    });
    return;
  }
  await assertUnchanged(video);
  const { width, height } = video.info;
  const { ffmpeg, timeline, index } = video;
  const input: RunInput = { ffmpeg, timeline, format, signal: options.signal };
  const deliver = (frame: number, bytes: Uint8Array): void => onPicture(frame, frame, bytes);
  const rest = index ? await decodeByCutting(input, video.info.path, index, indexes, deliver) : indexes;
  const runs = planSeeks(timeline, rest, width * height);
  let attempt = 0;
  await inLanes(runs, options.signal, async (run, signal) => {
    const threads = threadsFor(runs.length);
    const used = await decodeBySeeking(
      video,
      run,
      attempt,
      threads,
      { ...input, signal },
      options,
      onPicture,
    );
    // What a seek could not do in one place it will not do in the next: intra refresh, keyframe flags that lie.
    attempt = Math.max(attempt, Math.min(used, startCount - 2));
  });
}

/** Decodes a run, starting further back as long as frames are missing. Returns the start that was needed. */
async function decodeBySeeking(
  video: OpenedVideo,
  run: Run,
  firstAttempt: number,
  threads: number,
  input: RunInput,
  options: PictureOptions,
  onPicture: OnPicture,
): Promise<number> {
  const { timeline, info } = video;
  const deliver = (frame: number, bytes: Uint8Array): void => onPicture(frame, frame, bytes);
  const source = (start: Start, trustShown: boolean): RunSource => {
    const seek =
      start === 'beginning'
        ? []
        : ['-noaccurate_seek', '-seek_timestamp', '1', '-ss', start.seconds.toFixed(6)];
    const args = fileInput(info.path, [...seek, '-threads', `${threads}`]);
    return { args, shift: 0, whole: start === 'beginning', trustShown };
  };
  let rest = run;
  for (let attempt = firstAttempt; ; attempt++) {
    const start = startOf(timeline, video.container, rest, attempt);
    const trusted = info.codec === 'h264' && attempt > 0;
    const missing = await decodeRuns(input, [rest], source(start, trusted), deliver);
    if (missing.length === 0) return attempt;
    rest = { ...rest, frames: missing.map(({ frame }) => frame) };
    if (start !== 'beginning') continue;
    const nearest = new Map<number, number[]>();
    for (const { frame, nearest: other } of missing) {
      if (other === null || other === frame) throw undecodable(video, frame);
      nearest.set(other, [...(nearest.get(other) ?? []), frame]);
      options.onWarning?.(
        `Frame ${frame} of ${info.name} cannot be decoded; frame ${other} stands in for it.`,
      );
    }
    const stand = { ...rest, from: null, frames: [...nearest.keys()].sort((a, b) => a - b) };
    const lost = await decodeRuns(input, [stand], source('beginning', false), (index, bytes) => {
      for (const asked of nearest.get(index)!) onPicture(asked, index, bytes);
    });
    if (lost.length > 0) throw undecodable(video, lost[0]!.frame);
    return attempt;
  }
}

function undecodable(video: OpenedVideo, frame: number): ExpectedError {
  const seconds = video.timeline.seconds[frame]!.toFixed(2);
  return new ExpectedError(
    'file_corrupt',
    `Frame ${frame} of ${video.info.name} (at ${seconds} s) cannot be decoded.`,
    'Choose a clip without it, or convert the video to MP4 (H.264).',
  );
}
