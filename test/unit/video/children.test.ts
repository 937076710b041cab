import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeFrames } from '../../../engine/video/decode.ts';
import { runFfmpeg } from '../../../engine/video/run.ts';
import { thumbnails } from '../../../engine/video/thumbnails.ts';
import { type OpenedVideo, openVideo } from '../../../engine/video/video.ts';
import { ffmpeg, numbered, runMedia, scratch } from './media.ts';

const folder = scratch();
const at = (name: string): string => join(folder, name);
let plain: OpenedVideo;
let matroska: OpenedVideo;

beforeAll(async () => {
  const options = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '300'];
  runMedia([...numbered(300, 1280, 720), ...options, at('long.mp4')]);
  runMedia(['-i', at('long.mp4'), '-c', 'copy', at('long.mkv')]);
  plain = await openVideo(at('long.mp4'), { ffmpeg });
  matroska = await openVideo(at('long.mkv'), { ffmpeg });
}, 60_000);

/** As `ps` shows it. */
const commandName = basename(ffmpeg.program).slice(0, 15);

/** ffmpeg processes that this process started and that still run. */
function left(): readonly string[] {
  const table = execFileSync('ps', ['-A', '-o', 'ppid=,stat=,comm=']).toString().split('\n');
  return table.filter((row) => {
    const [parent, state, name] = row.trim().split(/\s+/);
    return parent === String(process.pid) && !state?.startsWith('Z') && name === commandName;
  });
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('stopping', () => {
  it.each(['plain', 'matroska'] as const)(
    'ends the decoding children before it answers: %s',
    async (kind) => {
      const stop = new AbortController();
      const video = kind === 'plain' ? plain : matroska;
      const frames = decodeFrames(video, [0, 150, 299], { signal: stop.signal });
      const settled = frames.catch((error: unknown) => error);
      while (left().length === 0) await wait(5);
      stop.abort();
      expect(await settled).toMatchObject({ code: 'cancelled' });
      expect(left()).toEqual([]);
    },
  );

  it('ends the opening children', async () => {
    const stop = new AbortController();
    const settled = openVideo(at('long.mkv'), { ffmpeg, signal: stop.signal }).catch(
      (error: unknown) => error,
    );
    while (left().length === 0) await wait(5);
    stop.abort();
    expect(await settled).toMatchObject({ code: 'cancelled' });
    expect(left()).toEqual([]);
  });

  it('that came before the start starts nothing', async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(decodeFrames(plain, [1], { signal: stop.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await expect(openVideo(at('long.mp4'), { ffmpeg, signal: stop.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('by leaving the loop over thumbnails early', async () => {
    for await (const { dataUrl } of thumbnails(plain, [0, 100, 299], 90)) {
      expect(dataUrl).toMatch(/^data:image\/jpeg;base64,/);
      break;
    }
    expect(left()).toEqual([]);
  });
});

describe('a child', () => {
  it('that cannot be started is an expected error', async () => {
    const gone = { ...ffmpeg, program: at('nowhere') };
    await expect(runFfmpeg(gone, { args: ['-version'] })).rejects.toMatchObject({ code: 'ffmpeg_failed' });
  });

  it('whose reader throws is ended, and the error passed on', async () => {
    const failing = runFfmpeg(ffmpeg, {
      args: ['-f', 'lavfi', '-i', 'testsrc2', '-f', 'rawvideo', '-'],
      onOutput: () => {
        throw new TypeError('reader');
      },
    });
    await expect(failing).rejects.toThrow('reader');
    expect(left()).toEqual([]);
  });

  it('whose writer throws is ended, and the error passed on', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      await wait(10);
      throw new TypeError('writer');
    }
    const failing = runFfmpeg(ffmpeg, { args: ['-i', 'pipe:0', '-f', 'null', '-'], input: broken() });
    await expect(failing).rejects.toThrow('writer');
    expect(left()).toEqual([]);
  });
});
