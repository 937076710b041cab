import { cpus } from 'node:os';
import { ExpectedError } from '../contract/errors.ts';
import { decodeRun } from './frame-run.ts';
import type { PictureFormat } from './picture-format.ts';
import { planRuns, type Run, startCount, startOf } from './plan.ts';
import { decodeStill } from './still.ts';
import type { OpenedVideo } from './video.ts';

export interface PictureOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whole sentences about frames that could not be had as asked. */
  readonly onWarning?: (sentence: string) => void;
}

/** Called once for each different number asked for; `index` is the frame really given. */
export type OnPicture = (asked: number, index: number, bytes: Uint8Array) => void;

/** How many ffmpeg children decode at once. */
const lanes = Math.min(2, cpus().length);

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
  const { width, height } = video.info;
  const runs = planRuns(video.timeline, indexes, width * height);
  let attempt = 0;
  await inLanes(runs, options.signal, async (run, signal) => {
    const used = await decodeWithRetries(
      video,
      run,
      attempt,
      { format, signal, runs: runs.length },
      options,
      onPicture,
    );
    // What a seek could not do in one place it will not do in the next: intra refresh, keyframe flags that lie.
    attempt = Math.max(attempt, Math.min(used, startCount - 2));
  });
}

interface RunSettings {
  readonly format: PictureFormat;
  readonly signal: AbortSignal;
  readonly runs: number;
}

/** Decodes a run, starting further back as long as frames are missing. Returns the start that was needed. */
async function decodeWithRetries(
  video: OpenedVideo,
  run: Run,
  firstAttempt: number,
  settings: RunSettings,
  options: PictureOptions,
  onPicture: OnPicture,
): Promise<number> {
  const { ffmpeg, timeline, info } = video;
  const threads = Math.max(1, Math.floor(cpus().length / Math.min(lanes, settings.runs)));
  const { format, signal } = settings;
  const input = { ffmpeg, path: info.path, timeline, threads, format, signal, trustShown: false };
  let rest = run;
  for (let attempt = firstAttempt; ; attempt++) {
    const start = startOf(timeline, video.container, rest, attempt);
    const trustShown = info.codec === 'h264' && attempt > 0;
    const missing = await decodeRun({ ...input, trustShown }, rest, start, (index, bytes) =>
      onPicture(index, index, bytes),
    );
    if (missing.length === 0) return attempt;
    rest = { from: rest.from, frames: missing.map(({ frame }) => frame) };
    if (start !== 'beginning') continue;
    const nearest = new Map<number, number[]>();
    for (const { frame, nearest: other } of missing) {
      if (other === null || other === frame) throw undecodable(video, frame);
      nearest.set(other, [...(nearest.get(other) ?? []), frame]);
      options.onWarning?.(
        `Frame ${frame} of ${info.name} cannot be decoded; frame ${other} stands in for it.`,
      );
    }
    const stand = { from: null, frames: [...nearest.keys()].sort((a, b) => a - b) };
    const lost = await decodeRun(input, stand, 'beginning', (index, bytes) => {
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

/** Works through a list with as many workers as there are lanes; when one fails the others are stopped first. */
async function inLanes<T>(
  work: readonly T[],
  signal: AbortSignal | undefined,
  doOne: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const forward = (): void => stop.abort();
  if (signal?.aborted) stop.abort();
  signal?.addEventListener('abort', forward);
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    try {
      while (next < work.length && failure === undefined) await doOne(work[next++]!, stop.signal);
    } catch (error) {
      failure ??= { error };
      stop.abort();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  signal?.removeEventListener('abort', forward);
  if (failure !== undefined) throw failure.error;
}
