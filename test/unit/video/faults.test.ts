import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../engine/contract/errors.ts';
import { decodeFrames } from '../../../engine/video/decode.ts';
import { openVideo } from '../../../engine/video/video.ts';
import { allFrames, ffmpeg, numbered, numberOn, runMedia, scratch } from './media.ts';

const folder = scratch();
const at = (name: string): string => join(folder, name);
const picture = (name: string, size = '64x48'): void => {
  runMedia(['-f', 'lavfi', '-i', `testsrc2=size=${size}`, '-frames:v', '1', at(name)]);
};
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-bf', '2'];

beforeAll(() => {
  runMedia([...numbered(150), ...x264, '-movflags', '+faststart', at('whole.mp4')]);
  runMedia([...numbered(150), ...x264, at('index-last.mp4')]);
}, 60_000);

async function refusal(path: string): Promise<{ code: ErrorCode; sentence: string; remedy: string }> {
  const error = await openVideo(path, { ffmpeg }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'ExpectedError' });
  const { code, message: sentence, remedy } = error as Error & { code: ErrorCode; remedy: string };
  return { code, sentence, remedy };
}

const refused: readonly (readonly [string, ErrorCode, (path: string) => void])[] = [
  ['missing.mp4', 'file_missing', () => {}],
  ['empty.mp4', 'file_corrupt', (path) => writeFileSync(path, '')],
  ['words.mp4', 'file_unsupported', (path) => writeFileSync(path, 'These are words.\n'.repeat(500))],
  ['list.mp4', 'file_unsupported', (path) => writeFileSync(path, `ffconcat version 1.0\nfile whole.mp4\n`)],
  [
    'list.m3u8',
    'file_unsupported',
    (path) =>
      writeFileSync(path, '#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nwhole.mp4\n#EXT-X-ENDLIST\n'),
  ],
  [
    'sound.m4a',
    'no_video_stream',
    (path) => runMedia(['-f', 'lavfi', '-i', 'sine=duration=1', '-c:a', 'aac', path]),
  ],
  [
    'cover.m4a',
    'no_video_stream',
    (path) => {
      picture('cover.png');
      const inputs = ['-f', 'lavfi', '-i', 'sine=duration=1', '-i', at('cover.png')];
      runMedia([
        ...inputs,
        '-map',
        '0',
        '-map',
        '1',
        '-c:a',
        'aac',
        '-c:v',
        'copy',
        '-disposition:v',
        'attached_pic',
        path,
      ]);
    },
  ],
  [
    'no-frames.avi',
    'no_frames',
    (path) => runMedia(['-f', 'lavfi', '-i', 'testsrc2', '-frames:v', '0', '-c:v', 'mpeg4', path]),
  ],
  [
    'cut-before-index.mp4',
    'file_corrupt',
    (path) => writeFileSync(path, readFileSync(at('index-last.mp4')).subarray(0, 20_000)),
  ],
  ['picture.png', 'file_unsupported', (path) => writeFileSync(path, 'not a picture')],
  ['empty-folder', 'no_frames', (path) => mkdirSync(path)],
  [
    'two-sizes',
    'file_unsupported',
    (path) => {
      mkdirSync(path);
      picture('two-sizes/1.png');
      picture('two-sizes/2.png', '80x48');
    },
  ],
];

describe('openVideo refuses, in a sentence that names the file', () => {
  it.each(refused)('%s: %s', async (name, code, make) => {
    make(at(name));
    const problem = await refusal(at(name));
    expect(problem.code).toBe(code);
    expect(problem.sentence).toContain(name);
    expect(problem.remedy).toMatch(/^[A-Z].*\.$/);
  });

  it('a pipe', async () => {
    expect((await refusal('/dev/null')).code).toBe('file_unsupported');
  });
});

describe('a file that was cut off', () => {
  it.each(['whole.mp4', 'whole.mkv', 'whole.ts'])('%s answers from what is there', async (name) => {
    if (name !== 'whole.mp4') runMedia(['-i', at('whole.mp4'), '-c', 'copy', at(name)]);
    const bytes = readFileSync(at(name));
    writeFileSync(at(`cut-${name}`), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
    const video = await openVideo(at(`cut-${name}`), { ffmpeg });
    expect(video.info.frameCount).toBeGreaterThan(50);
    expect(video.info.frameCount).toBeLessThan(120);
    if (name !== 'whole.ts') expect(video.info.warnings.join()).toMatch(/is cut off after \d\.\d s/);
    const last = video.info.frameCount - 1;
    const size = video.info.width * video.info.height * 3;
    const truth = allFrames(at(`cut-${name}`));
    for (const frame of await decodeFrames(video, [0, 40, last])) {
      expect(Buffer.compare(frame.rgb, truth.subarray(frame.index * size, (frame.index + 1) * size))).toBe(0);
    }
  });
});

it('sound with a cover and a real video: the video counts', async () => {
  picture('front.png', '640x360');
  const inputs = ['-i', at('front.png'), '-i', at('whole.mp4')];
  runMedia([
    ...inputs,
    '-map',
    '0',
    '-map',
    '1',
    '-c',
    'copy',
    '-disposition:v:0',
    'attached_pic',
    at('front.mp4'),
  ]);
  const video = await openVideo(at('front.mp4'), { ffmpeg });
  expect(video.info).toMatchObject({ codec: 'h264', frameCount: 150 });
  expect(numberOn((await decodeFrames(video, [77]))[0]!)).toBe(77);
});

it('a stream that starts in the middle of a group leaves out what cannot be decoded', async () => {
  runMedia(['-i', at('whole.mp4'), '-c', 'copy', at('middle.ts')]);
  const bytes = readFileSync(at('middle.ts'));
  // Keeps the tables at the start and drops the packets of the first frames.
  const from = Math.floor((bytes.length * 0.1) / 188) * 188;
  writeFileSync(at('middle-cut.ts'), Buffer.concat([bytes.subarray(0, 564), bytes.subarray(from)]));
  const video = await openVideo(at('middle-cut.ts'), { ffmpeg });
  const frames = await decodeFrames(video, [0, 60, video.info.frameCount - 1]);
  expect(frames.map(({ index }) => index)).toEqual([0, 60, video.info.frameCount - 1]);
  expect(frames.map(numberOn)).toEqual([25, 85, 149]);
  expect(video.info.warnings.join()).toMatch(/The first .* cannot be decoded/);
});

it('a file that changes after it was opened is not decoded with the old index', async () => {
  writeFileSync(at('changing.mp4'), readFileSync(at('whole.mp4')));
  const video = await openVideo(at('changing.mp4'), { ffmpeg });
  appendFileSync(at('changing.mp4'), 'more');
  await expect(decodeFrames(video, [3])).rejects.toMatchObject({ code: 'file_unreadable' });
});

it('the same bytes have the same fingerprint under another name, other bytes another', async () => {
  writeFileSync(at('copy.mp4'), readFileSync(at('whole.mp4')));
  const [one, copy, other] = await Promise.all(
    ['whole.mp4', 'copy.mp4', 'index-last.mp4'].map((name) => openVideo(at(name), { ffmpeg })),
  );
  expect(copy!.fingerprint).toBe(one!.fingerprint);
  expect(other!.fingerprint).not.toBe(one!.fingerprint);
  expect(one!.info.id).toBe(one!.fingerprint.slice(0, 32));
});
