import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ExpectedError } from '../../../engine/contract/errors.ts';
import { findFfmpeg } from '../../../engine/video/ffmpeg.ts';
import { readMp4Index } from '../../../engine/video/mp4-index.ts';
import { readPackets } from '../../../engine/video/packets.ts';
import { averageRate } from '../../../engine/video/probe.ts';
import { planFrames } from '../../../engine/video/sampling.ts';
import { openVideo } from '../../../engine/video/video.ts';
import { ffmpeg, numbered, runMedia, scratch } from './media.ts';

const folder = scratch();
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  runMedia([
    ...numbered(100),
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '25',
    '-bf',
    '3',
    at('a.mp4'),
  ]);
});

describe("an MP4's own index", () => {
  it.each([
    ['as it is', []],
    [
      'with sound in between',
      ['-f', 'lavfi', '-i', 'sine=duration=4', '-map', '0', '-map', '1', '-c:a', 'aac'],
    ],
    ['starting late', ['-output_ts_offset', '2.5']],
    ['with its index first', ['-movflags', '+faststart']],
    ['in another time base', ['-video_track_timescale', '30000']],
  ])('says of every packet what ffmpeg says: %s', async (name, options) => {
    const path = at(`${name}.mov`);
    const inputs = options.includes('-i') ? options.slice(0, 4) : [];
    runMedia(['-i', at('a.mp4'), ...inputs, '-c:v', 'copy', ...options.slice(inputs.length), path]);
    const index = await readMp4Index(path);
    const listed = await readPackets(ffmpeg, path);
    expect(index!.packets.secondsPerTick).toBe(listed.secondsPerTick);
    expect(index!.packets.pts).toEqual(listed.pts);
    expect(index!.packets.bytes).toEqual(listed.bytes);
    expect(index!.packets.flags).toEqual(listed.flags.map((flags) => flags & 1));
  });

  it('is left to ffmpeg where it is not plain', async () => {
    runMedia(['-ss', '0.5', '-i', at('a.mp4'), '-c', 'copy', at('edited.mp4')]);
    runMedia(['-i', at('a.mp4'), '-c', 'copy', '-movflags', 'frag_keyframe+empty_moov', at('fragments.mp4')]);
    runMedia(['-i', at('a.mp4'), '-c', 'copy', at('a.mkv')]);
    for (const name of ['edited.mp4', 'fragments.mp4', 'a.mkv'])
      expect(await readMp4Index(at(name))).toBeNull();
  });
});

describe('the average rate', () => {
  it.each([
    ['24000/1001', 24000 / 1001, 'mp4'],
    ['60000/1001', 60000 / 1001, 'mp4'],
    ['12.5', 12.5, 'mp4'],
    ['23', 23, 'mp4'],
    ['24000/1001', 24000 / 1001, 'ts'],
    ['30000/1001', 30000 / 1001, 'ts'],
    ['60000/1001', 60000 / 1001, 'ts'],
    ['25', 25, 'ts'],
    ['30000/1001', 30000 / 1001, 'mkv'],
    ['12.5', 12.5, 'mkv'],
  ])('is exact for %s frames a second (%f) in %s', async (rate, expected, suffix) => {
    const source = ['-f', 'lavfi', '-i', `testsrc2=size=64x48:rate=${rate}:duration=2`];
    runMedia([...source, '-c:v', 'libx264', '-preset', 'ultrafast', at(`rate.${suffix}`)]);
    expect((await openVideo(at(`rate.${suffix}`), { ffmpeg })).info.fps).toBe(expected);
  });

  it('is unknown where the header states none', () => {
    expect(averageRate(Buffer.from('1a45dfa3', 'hex'))).toBeNull();
    expect(averageRate(Buffer.from('23e38384', 'hex'))).toBeNull();
  });
});

it('sound is told from silence', async () => {
  const sound = ['-f', 'lavfi', '-i', 'sine=duration=4', '-map', '0', '-map', '1', '-c:a', 'aac'];
  runMedia(['-i', at('a.mp4'), ...sound, '-c:v', 'copy', at('sound.mkv')]);
  expect((await openVideo(at('sound.mkv'), { ffmpeg })).info.hasAudio).toBe(true);
  expect((await openVideo(at('a.mp4'), { ffmpeg })).info.hasAudio).toBe(false);
});

it('the turn is reported, and the size is the one shown', async () => {
  runMedia(['-i', at('a.mp4'), '-c', 'copy', '-metadata:s:v:0', 'rotate=90', at('turned.mp4')]);
  const { info } = await openVideo(at('turned.mp4'), { ffmpeg });
  // Newer ffmpeg no longer takes the turn from this tag, and then there is none.
  expect([info.rotation, info.width, info.height]).toEqual(
    info.rotation === 0 ? [0, 640, 360] : [270, 360, 640],
  );
});

describe('planFrames', () => {
  const video = { frameCount: 300, averageFps: 30, counts: [8, 16], name: 'x.mp4' };
  it.each([
    { from: 12, to: 14 },
    { from: 9.99, to: 0.5 },
    { from: 5, to: 5 },
    { from: 10, to: null },
  ])('refuses %j', (clip) => {
    expect(() => planFrames({ ...video, clip })).toThrowError(
      expect.objectContaining({ code: 'clip_out_of_range', message: expect.stringContaining('x.mp4') }),
    );
  });

  it('allows a clip that ends behind the video', () => {
    const { indexes, perEncoder } = planFrames({ ...video, clip: { from: 8, to: 20 } });
    expect([indexes.length, indexes[0], indexes[15]]).toEqual([16, 240, 299]);
    expect(perEncoder.map((frames) => frames.length)).toEqual([8, 16]);
  });

  it('refuses a video without frames', () => {
    expect(() => planFrames({ ...video, frameCount: 0, clip: null })).toThrow(ExpectedError);
  });
});

describe('findFfmpeg', () => {
  it('does not look past an FFMPEG_BIN that does not run', async () => {
    await expect(findFfmpeg({ ...process.env, FFMPEG_BIN: at('nowhere') })).rejects.toMatchObject({
      code: 'ffmpeg_missing',
      message: expect.stringContaining(at('nowhere')),
    });
  });

  it('takes FFMPEG_BIN first', async () => {
    const found = await findFfmpeg({ ...process.env, FFMPEG_BIN: ffmpeg.program });
    expect(found).toEqual({ ...ffmpeg, source: 'FFMPEG_BIN' });
  });
});
