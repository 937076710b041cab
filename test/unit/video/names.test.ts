import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeFrames } from '../../../engine/video/decode.ts';
import { openVideo } from '../../../engine/video/video.ts';
import { ffmpeg, numbered, numberOn, runMedia, scratch } from './media.ts';

const folder = scratch();
const video = runMedia([
  ...[...numbered(12, 192, 96), '-c:v', 'libx264', '-preset', 'ultrafast'],
  ...['-movflags', 'frag_keyframe+empty_moov', '-f', 'mp4', 'pipe:1'],
]);
const picture = runMedia([
  ...numbered(1, 192, 96),
  '-frames:v',
  '1',
  '-c:v',
  'png',
  '-f',
  'image2pipe',
  'pipe:1',
]);

const names = [
  '-i.mp4',
  'concat:a|b.mp4',
  'http:',
  'file:x.mp4',
  `it's "quoted" \`$(touch x)\`.mp4`,
  'two\nlines.mp4',
  '%03d frame ünïcödé 影片 🎬.mp4',
  'a;b&c|d<e>*?.mp4',
  'pipe:0',
  'ends with space ',
];

it.each(names)('a video named %j is opened as that file', async (name) => {
  const path = join(folder, name);
  writeFileSync(path, video);
  const opened = await openVideo(path, { ffmpeg });
  expect(opened.info).toMatchObject({ name, frameCount: 12 });
  expect(numberOn((await decodeFrames(opened, [9]))[0]!)).toBe(9);
});

it.each(['%d.png', '-i.png', 'http:.png', '[0-9]*?.png'])(
  'a picture named %j is that picture',
  async (name) => {
    const inner = join(folder, 'pictures');
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, name), picture);
    const opened = await openVideo(join(inner, name), { ffmpeg });
    expect(opened.info).toMatchObject({ kind: 'image', frameCount: 1, width: 192, height: 96 });
    expect((await decodeFrames(opened, [0, 0])).map(numberOn)).toEqual([0, 0]);
  },
);
