import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeFrames } from '../../../engine/video/decode.ts';
import { passthrough } from '../../../engine/video/ffmpeg.ts';
import { openVideo } from '../../../engine/video/video.ts';
import { allFrames, ffmpeg, hasEncoder, numbered, numberOn, runMedia, scratch } from './media.ts';

const folder = scratch();
const at = (name: string): string => join(folder, name);
const frames = 330;
const everyNumber = Array.from({ length: frames }, (_, i) => i);
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-x264-params'];
const closed = 'keyint=25:min-keyint=25:scenecut=0:bframes=3:b-adapt=0:ref=3';

beforeAll(() => {
  runMedia([...numbered(frames), '-c:v', 'ffv1', at('source.mkv')]);
  runMedia(['-i', at('source.mkv'), ...x264, closed, at('base.mp4')]);
  runMedia(['-i', at('source.mkv'), ...x264, `${closed}:open-gop=1`, at('open.mp4')]);
}, 120_000);

const copy = (from: string, to: string, ...options: readonly string[]): string => {
  runMedia(['-i', at(from), '-map', '0', '-c', 'copy', ...options, at(to)]);
  return at(to);
};
const encode = (to: string, ...options: readonly string[]): string => {
  runMedia(['-i', at('source.mkv'), ...options, at(to)]);
  return at(to);
};

interface Case {
  readonly name: string;
  readonly make: () => string;
  readonly encoder?: string;
  /** The numbers its frames carry, where that is not all of the source's. */
  readonly numbers?: readonly number[];
}

const cases: readonly Case[] = [
  { name: 'MP4 with B-frames', make: () => at('base.mp4') },
  { name: 'MP4 with open GOPs', make: () => at('open.mp4') },
  {
    name: 'MP4 in fragments',
    make: () => copy('base.mp4', 'frag.mp4', '-movflags', 'frag_keyframe+empty_moov'),
  },
  { name: 'MP4 with a late start', make: () => copy('base.mp4', 'late.mp4', '-output_ts_offset', '3') },
  {
    name: 'MP4 whose edit list hides frames',
    make: () => {
      runMedia(['-ss', '0.52', '-i', at('base.mp4'), '-c', 'copy', at('edit.mp4')]);
      return at('edit.mp4');
    },
    numbers: everyNumber.slice(13),
  },
  {
    name: 'MP4 that calls every frame a keyframe',
    make: () => {
      const bytes = readFileSync(at('base.mp4'));
      bytes.write('free', bytes.indexOf('stss'), 'latin1');
      writeFileSync(at('liar.mp4'), bytes);
      return at('liar.mp4');
    },
  },
  { name: 'MOV with sound first', make: () => withSound('sound.mov') },
  { name: 'Matroska', make: () => copy('base.mp4', 'base.mkv') },
  { name: 'Matroska with open GOPs', make: () => copy('open.mp4', 'open.mkv') },
  {
    name: 'Matroska without index or duration',
    make: () => {
      writeFileSync(
        at('live.mkv'),
        runMedia(['-i', at('base.mp4'), '-c', 'copy', '-f', 'matroska', 'pipe:1']),
      );
      return at('live.mkv');
    },
  },
  { name: 'MPEG-TS', make: () => copy('base.mp4', 'base.ts') },
  { name: 'MPEG-TS with open GOPs', make: () => copy('open.mp4', 'open.ts') },
  { name: 'raw H.264', make: () => copy('base.mp4', 'raw.h264') },
  { name: 'FLV', make: () => copy('base.mp4', 'base.flv') },
  {
    name: 'intra refresh',
    make: () => encode('refresh.mp4', ...x264, 'keyint=25:intra-refresh=1:bframes=0:ref=1'),
  },
  {
    name: 'variable frame rate',
    make: () => {
      const uneven = "select='not(mod(n,3))+between(n,100,140)'";
      runMedia([
        '-i',
        at('source.mkv'),
        '-vf',
        uneven,
        ...passthrough(ffmpeg),
        ...x264,
        closed,
        at('vfr.mp4'),
      ]);
      return at('vfr.mp4');
    },
    numbers: everyNumber.filter((n) => n % 3 === 0 || (n >= 100 && n <= 140)),
  },
  {
    name: 'MPEG-4 with B-frames in AVI',
    make: () => encode('asp.avi', '-c:v', 'mpeg4', '-bf', '2', '-g', '25', '-q:v', '3'),
  },
  {
    name: 'MPEG-2 in MPEG-TS',
    make: () => encode('m2.ts', '-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-q:v', '3'),
  },
  {
    name: 'HEVC with open GOPs',
    encoder: 'libx265',
    make: () =>
      encode(
        'hevc.mp4',
        '-c:v',
        'libx265',
        '-preset',
        'ultrafast',
        '-x265-params',
        'log-level=none:keyint=25:min-keyint=25:open-gop=1:bframes=3',
        '-tag:v',
        'hvc1',
      ),
  },
  {
    name: 'VP8 with hidden reference frames',
    encoder: 'libvpx',
    make: () => {
      const options = [
        '-c:v',
        'libvpx',
        '-vf',
        'scale=320:180:flags=neighbor',
        '-deadline',
        'good',
        '-cpu-used',
        '5',
        '-auto-alt-ref',
        '1',
        '-lag-in-frames',
        '16',
        '-b:v',
        '800k',
        '-g',
        '60',
      ];
      const log = ['-passlogfile', at('vp8')];
      runMedia(['-i', at('source.mkv'), ...options, '-pass', '1', ...log, '-f', 'null', '-']);
      return encode('vp8.webm', ...options, '-pass', '2', ...log);
    },
  },
  {
    name: 'VP9',
    encoder: 'libvpx-vp9',
    make: () =>
      encode('vp9.webm', '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '50'),
  },
  {
    name: 'AV1 in MP4',
    encoder: 'libsvtav1',
    make: () => encode('av1.mp4', '-c:v', 'libsvtav1', '-preset', '12', '-g', '50'),
  },
  {
    name: '10-bit HEVC',
    encoder: 'libx265',
    make: () =>
      encode(
        'ten.mkv',
        '-c:v',
        'libx265',
        '-preset',
        'ultrafast',
        '-x265-params',
        'log-level=none:keyint=50',
        '-pix_fmt',
        'yuv420p10le',
      ),
  },
  {
    name: 'full range',
    make: () =>
      encode(
        'full.mp4',
        '-vf',
        'scale=out_range=pc',
        '-pix_fmt',
        'yuvj420p',
        ...x264,
        `${closed}:fullrange=on`,
      ),
  },
];

function withSound(name: string): string {
  const sound = ['-f', 'lavfi', '-i', 'sine=duration=13'];
  runMedia([
    ...sound,
    '-i',
    at('base.mp4'),
    '-map',
    '0:a',
    '-map',
    '1:v',
    '-c:v',
    'copy',
    '-c:a',
    'aac',
    at(name),
  ]);
  return at(name);
}

describe.each(cases)('$name', ({ make, encoder, numbers = everyNumber }) => {
  const count = numbers.length;
  it.skipIf(encoder !== undefined && !hasEncoder(encoder))(
    'gives exactly the frames asked for',
    async () => {
      const path = make();
      const video = await openVideo(path, { ffmpeg });
      expect(video.info.frameCount).toBe(count);
      const truth = allFrames(path);
      const size = video.info.width * video.info.height * 3;
      const picks = [0, 1, 26, 51, 74, 75, 76, 130, count - 26, count - 2, count - 1];
      const together = [...(await decodeFrames(video, picks))];
      const alone: readonly number[] = [75, count - 1];
      for (const number of alone) together.push(...(await decodeFrames(video, [number])));
      for (const [i, number] of [...picks, ...alone].entries()) {
        const frame = together[i]!;
        expect(frame.index).toBe(number);
        const same = Buffer.compare(frame.rgb, truth.subarray(number * size, (number + 1) * size));
        expect(same, `frame ${number} is the one that ffmpeg gives`).toBe(0);
        expect(numberOn(frame)).toBe(numbers[number]);
      }
      expect(video.timeline.seconds[0]).toBe(0);
      expect(video.info.seconds).toBeGreaterThan(12);
      expect(video.info.seconds).toBeLessThan(14);
    },
    60_000,
  );
});
