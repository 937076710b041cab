import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeFrames } from '../../../engine/video/decode.ts';
import { openVideo } from '../../../engine/video/video.ts';
import { allFrames, ffmpeg, hasEncoder, numbered, numberOn, runMedia, scratch } from './media.ts';

const folder = scratch();
const at = (name: string): string => join(folder, name);
/** Left half red, right half blue, one green corner top left. */
const flag =
  'color=red:size=64x32,drawbox=x=32:w=32:h=32:c=blue:t=fill,drawbox=w=8:h=8:c=lime:t=fill,format=rgb24';

function colourAt(frame: { width: number; rgb: Uint8Array }, x: number, y: number): string {
  const [r, g, b] = frame.rgb.subarray((y * frame.width + x) * 3, (y * frame.width + x) * 3 + 3);
  if (g! > 150) return 'green';
  return r! > b! ? 'red' : 'blue';
}

describe('one picture', () => {
  it.each(['png', 'bmp', 'webp'])('%s', async (suffix) => {
    if (suffix === 'webp' && !hasEncoder('libwebp')) return;
    const lossless = suffix === 'webp' ? ['-lossless', '1'] : [];
    runMedia(['-f', 'lavfi', '-i', flag, '-frames:v', '1', ...lossless, at(`flag.${suffix}`)]);
    const video = await openVideo(at(`flag.${suffix}`), { ffmpeg });
    expect(video.info).toMatchObject({ kind: 'image', width: 64, height: 32, frameCount: 1, codec: suffix });
    const [frame] = await decodeFrames(video, [0]);
    expect(colourAt(frame!, 2, 2)).toBe('green');
    expect(colourAt(frame!, 20, 20)).toBe('red');
    expect(colourAt(frame!, 50, 20)).toBe('blue');
  });

  /** Where the green corner is seen once the turn that EXIF asks for is made. */
  it.each([
    [1, 64, 32, 2, 2],
    [2, 64, 32, 61, 2],
    [3, 64, 32, 61, 29],
    [4, 64, 32, 2, 29],
    [5, 32, 64, 2, 2],
    [6, 32, 64, 29, 2],
    [7, 32, 64, 29, 61],
    [8, 32, 64, 2, 61],
  ])('JPEG with EXIF orientation %i', async (orientation, width, height, x, y) => {
    runMedia([
      '-f',
      'lavfi',
      '-i',
      flag,
      '-frames:v',
      '1',
      '-q:v',
      '2',
      '-pix_fmt',
      'yuvj444p',
      at('flag.jpg'),
    ]);
    const jpeg = readFileSync(at('flag.jpg'));
    const exif = Buffer.from(
      '457869660000' +
        '4d4d002a00000008' +
        `0001011200030000000100${orientation.toString(16).padStart(2, '0')}0000` +
        '00000000',
      'hex',
    );
    const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, exif.length + 2]), exif]);
    writeFileSync(at('turned.jpg'), Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]));
    const video = await openVideo(at('turned.jpg'), { ffmpeg });
    expect(video.info).toMatchObject({ width, height });
    const [frame] = await decodeFrames(video, [0]);
    expect(colourAt(frame!, x, y)).toBe('green');
    expect(frame!.rgb.length).toBe(64 * 32 * 3);
  });
});

it('a folder is a video of one frame a second, in natural order', async () => {
  mkdirSync(at('frames'));
  runMedia([...numbered(12, 192, 96), at('frames/shot%d.png')]);
  writeFileSync(at('frames/notes.txt'), 'not a picture');
  writeFileSync(at('frames/.hidden.png'), 'not a picture');
  const video = await openVideo(at('frames'), { ffmpeg });
  expect(video.info).toMatchObject({ kind: 'folder', frameCount: 12, fps: 1, seconds: 12 });
  const frames = await decodeFrames(video, [11, 0, 1, 9]);
  expect(frames.map(numberOn)).toEqual([11, 0, 1, 9]);
  expect(frames.map(({ seconds }) => seconds)).toEqual([11, 0, 1, 9]);
});

it('a GIF gives its composed frames', async () => {
  runMedia([...numbered(20, 192, 96), '-r', '10', at('anim.gif')]);
  const video = await openVideo(at('anim.gif'), { ffmpeg });
  expect(video.info.kind).toBe('gif');
  const count = video.info.frameCount;
  const truth = allFrames(at('anim.gif'));
  const size = 192 * 96 * 3;
  expect(truth.length).toBe(count * size);
  for (const frame of await decodeFrames(video, [count - 1, 3, 0])) {
    expect(Buffer.compare(frame.rgb, truth.subarray(frame.index * size, (frame.index + 1) * size))).toBe(0);
  }
});
