import { readdirSync, readFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeFrames } from '../../engine/video/decode.ts';
import { type Ffmpeg, findFfmpeg } from '../../engine/video/ffmpeg.ts';
import { sampleFrames } from '../../engine/video/sampling.ts';
import { type OpenedVideo, openVideo } from '../../engine/video/video.ts';
import { fixturesFolder, largestDifference } from './fixtures.ts';

interface SamplingRow {
  readonly n_frames: number;
  readonly fps: number;
  readonly clip_start_sec: number | null;
  readonly clip_end_sec: number | null;
  readonly end_frame: number | null;
  readonly num_frames: readonly number[];
  /** Missing where the reference itself failed. */
  readonly indexes?: readonly number[];
  readonly per_encoder?: readonly (readonly number[])[];
}

interface VideoRow {
  readonly decord_len?: number;
  readonly decord_avg_fps?: number;
  readonly shape: readonly number[];
  readonly frame_timestamps?: readonly (readonly [number, number])[];
  readonly load_video_16_equals_frames?: readonly number[];
  readonly mean_rgb: readonly (readonly number[])[];
  readonly thumb8_frames: readonly number[];
}

const folder = join(fixturesFolder, 'frames');
const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const rows = (read('sampling.json') as readonly SamplingRow[]).filter(({ indexes }) => indexes !== undefined);
const videos = read('videos.json') as Readonly<Record<string, VideoRow>>;
const made = /version n?(\d+)\./.exec((read('meta.json') as { readonly ffmpeg: string }).ffmpeg)?.[1];

let ffmpeg: Ffmpeg;
/** Frames are equal byte for byte where the fixtures were made by the same major version, else within 2 levels. */
let tolerance = 2;

beforeAll(async () => {
  ffmpeg = await findFfmpeg();
  if (String(ffmpeg.release[0]) === made) tolerance = 0;
});

describe('frame rule', () => {
  it(`agrees with all ${rows.length} rows of the table`, () => {
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const chosen = sampleFrames({
        frameCount: row.n_frames,
        averageFps: row.fps,
        clip: { from: row.clip_start_sec ?? 0, to: row.clip_end_sec },
        endFrame: row.end_frame,
        counts: row.num_frames,
      });
      expect(chosen, JSON.stringify({ ...row, indexes: 0, per_encoder: 0 })).toEqual({
        indexes: row.indexes,
        perEncoder: row.per_encoder,
      });
    }
  });
});

describe.each(Object.keys(videos).filter((name) => readdirSync(folder).includes(name)))('%s', (name) => {
  const row = videos[name]!;
  const expected = readTensors(join(folder, `${parse(name).name}.expected.safetensors`));
  let video: OpenedVideo;
  /** The decoded frames the table speaks of: all of them, or for a GIF the eight that were asked for. */
  let numbers: readonly number[];

  beforeAll(async () => {
    video = await openVideo(join(folder, name), { ffmpeg });
    const { frameCount, fps } = video.info;
    numbers =
      row.decord_len === undefined
        ? sampleFrames({ frameCount, averageFps: fps, clip: null, counts: [row.shape[0]!] }).indexes
        : Array.from({ length: frameCount }, (_, i) => i);
  });

  it('has the size, count, rate and times of the reference', () => {
    const [count, height, width] = row.shape;
    expect([numbers.length, video.info.height, video.info.width]).toEqual([count, height, width]);
    if (row.decord_avg_fps !== undefined) expect(video.info.fps).toBe(row.decord_avg_fps);
    for (const [i, [start]] of (row.frame_timestamps ?? []).entries()) {
      const first = row.frame_timestamps![0]![0];
      expect(video.timeline.seconds[i]).toBeCloseTo(start - first, 5);
    }
  });

  it('gives the same frames, one by one and all at once', async () => {
    const { data, shape } = expected.get('frames')!;
    const size = shape.slice(1).reduce((a, b) => a * b, 1);
    const kept = row.thumb8_frames.slice(0, shape[0]).map((i) => numbers[i]!);
    const together = await decodeFrames(video, numbers);
    for (const [i, number] of kept.entries()) {
      const wanted = data.subarray(i * size, (i + 1) * size);
      const [alone] = await decodeFrames(video, [number]);
      expect(largestDifference(alone!.rgb, wanted)).toBeLessThanOrEqual(tolerance);
      expect(Buffer.compare(alone!.rgb, together[numbers.indexOf(number)]!.rgb)).toBe(0);
    }
    for (const [i, frame] of together.entries()) {
      expect(largestDifference(means(frame.rgb), row.mean_rgb[i]!)).toBeLessThanOrEqual(tolerance + 1e-3);
    }
  });

  const wanted = row.load_video_16_equals_frames ?? [];
  it.runIf(wanted.length > 0)('gives the frames the reference loads', async () => {
    const { frameCount, fps } = video.info;
    const { indexes } = sampleFrames({ frameCount, averageFps: fps, clip: null, counts: [wanted.length] });
    expect(indexes).toEqual(wanted);
    const frames = await decodeFrames(video, indexes);
    expect(frames.map(({ index }) => index)).toEqual(wanted);
    for (const frame of frames) {
      expect(largestDifference(means(frame.rgb), row.mean_rgb[frame.index]!)).toBeLessThanOrEqual(
        tolerance + 1e-3,
      );
    }
  });
});

function means(rgb: Uint8Array): readonly number[] {
  const sums = [0, 0, 0];
  for (let i = 0; i < rgb.length; i++) sums[i % 3]! += rgb[i]!;
  return sums.map((sum) => (sum * 3) / rgb.length);
}

function readTensors(
  path: string,
): Map<string, { readonly shape: readonly number[]; readonly data: Uint8Array }> {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { readonly shape: readonly number[]; readonly data_offsets: readonly [number, number] }
  >;
  const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return new Map(
    tensors.map(
      ([
        name,
        {
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, { shape, data: bytes.subarray(start + from, start + to) }],
    ),
  );
}
