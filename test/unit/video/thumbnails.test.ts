import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Thumbnail } from '../../../engine/contract/video.ts';
import { decodeFrames } from '../../../engine/video/decode.ts';
import { thumbnails } from '../../../engine/video/thumbnails.ts';
import { openVideo } from '../../../engine/video/video.ts';
import { ffmpeg, numbered, numberOn, runMedia, scratch } from './media.ts';

const folder = scratch();

it.each(['mp4', 'mkv'])('are the frames asked for, as JPEG of the height asked for: %s', async (suffix) => {
  const path = join(folder, `video.${suffix}`);
  runMedia([...numbered(120), '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', path]);
  const video = await openVideo(path, { ffmpeg });
  const made: Thumbnail[] = [];
  for await (const thumbnail of thumbnails(video, [3, 60, 3, 119], 90)) made.push(thumbnail);
  made.sort((a, b) => a.index - b.index);
  expect(made.map(({ index }) => index)).toEqual([3, 60, 119]);
  for (const { index, seconds, dataUrl } of made) {
    expect(seconds).toBeCloseTo(index / 25, 6);
    const jpeg = join(folder, `${index}.jpg`);
    writeFileSync(jpeg, Buffer.from(dataUrl.replace('data:image/jpeg;base64,', ''), 'base64'));
    const picture = await openVideo(jpeg, { ffmpeg });
    expect(picture.info).toMatchObject({ width: 160, height: 90 });
    expect(numberOn((await decodeFrames(picture, [0]))[0]!)).toBe(index);
  }
});
