import { ExpectedError } from '../contract/errors.ts';
import type { Clip } from '../contract/video.ts';

export interface SamplingInput {
  readonly frameCount: number;
  /** Frames a second over the whole file, as the container states it. */
  readonly averageFps: number;
  readonly clip: Clip | null;
  /** Overrides the clip by 0..endFrame when it is 0 or more. Training data uses it. */
  readonly endFrame?: number | null;
  /** How many frames each encoder asks for. */
  readonly counts: readonly number[];
}

export interface FrameSelection {
  /** The superset that is decoded once: as many as the largest count. Repeats when the clip has fewer frames. */
  readonly indexes: readonly number[];
  /** For each encoder, in the order of `counts`; a count that does not divide the largest gets extra frames. */
  readonly perEncoder: readonly (readonly number[])[];
}

/**
 * The reference's frame rule (MERV, merv/preprocessing/datasets/datasets.py, load_video), float for float: positions
 * linspace(from·fps, min(n − 1, to·fps − 1), max count) floored, then every (max ÷ count)-th for each encoder. Indexes
 * may lie outside the video or descend when the clip does; {@link planFrames} refuses those.
 */
export function sampleFrames(input: SamplingInput): FrameSelection {
  const { frameCount, averageFps, clip, counts } = input;
  const endFrame = input.endFrame ?? -1;
  const largest = Math.max(...counts);
  let start: number;
  let stop: number;
  if (endFrame >= 0) {
    start = 0;
    stop = Math.min(frameCount - 1, endFrame);
  } else {
    start = (clip?.from ?? 0) * averageFps;
    const to = clip?.to ?? frameCount / averageFps;
    stop = Math.min(frameCount - 1, to * averageFps - 1);
  }
  const indexes = flooredLinspace(start, stop, largest);
  const perEncoder = counts.map((count) => everyNth(indexes, Math.floor(largest / count)));
  return { indexes, perEncoder };
}

/**
 * {@link sampleFrames} for what a user asked for. Throws ExpectedError 'clip_out_of_range' when the clip does not lie
 * in the video and 'no_frames' when the video has none.
 */
export function planFrames(input: SamplingInput & { readonly name: string }): FrameSelection {
  const { frameCount, averageFps, clip, name } = input;
  if (frameCount < 1) {
    throw new ExpectedError('no_frames', `${name} has no frames.`, 'Choose another video.');
  }
  const selection = sampleFrames(input);
  const backwards = clip !== null && clip.to !== null && clip.to <= clip.from;
  if (backwards || selection.indexes.some((index) => index < 0 || index >= frameCount)) {
    const seconds = (frameCount / averageFps).toFixed(2);
    const part = `${clip?.from ?? 0} s to ${clip?.to ?? 'the end'}${clip?.to == null ? '' : ' s'}`;
    throw new ExpectedError(
      'clip_out_of_range',
      `The clip ${part} does not lie in ${name}, which is ${seconds} s long.`,
      'Choose a start before its end, both within the video.',
    );
  }
  return selection;
}

/** numpy.linspace(start, stop, num, dtype=int), with its order of operations. */
function flooredLinspace(start: number, stop: number, num: number): readonly number[] {
  const steps = num - 1;
  const delta = stop - start;
  const step = delta / steps;
  const values = Array.from({ length: num }, (_, i) => {
    if (steps === 0) return i * delta + start;
    return (step === 0 ? (i / steps) * delta : i * step) + start;
  });
  if (num > 1) values[num - 1] = stop;
  return values.map((value) => Math.floor(value) + 0);
}

function everyNth<T>(values: readonly T[], n: number): readonly T[] {
  return values.filter((_, i) => i % n === 0);
}
