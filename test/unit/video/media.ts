import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { DecodedFrame } from '../../../engine/video/decode.ts';
import { type Ffmpeg, findFfmpeg, passthrough } from '../../../engine/video/ffmpeg.ts';

export const ffmpeg: Ffmpeg = await findFfmpeg();

/** A folder of this test file's own, gone when its tests are over. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'merv-video-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function runMedia(args: readonly string[], maxBuffer = 1 << 30): Buffer {
  const { status, stdout, stderr } = spawnSync(ffmpeg.program, ['-nostdin', '-v', 'error', '-y', ...args], {
    maxBuffer,
  });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${stderr.toString()}`);
  return stdout;
}

export function hasEncoder(name: string): boolean {
  const { stdout } = spawnSync(ffmpeg.program, ['-hide_banner', '-encoders']);
  return stdout.toString().includes(` ${name} `);
}

const columns = 12;

/** A video source whose frames carry their number: twelve upright stripes, one a bit, lowest bit on the left. */
export function numbered(frames: number, width = 640, height = 360): readonly string[] {
  const source = `nullsrc=size=${columns * 8}x16:rate=25,trim=end_frame=${frames}`;
  const stripes = "geq=lum='if(mod(floor(N/pow(2,floor(X/8))),2),200,50)':cb=128:cr=128";
  const filter = `${source},${stripes},scale=${width}:${height}:flags=neighbor,format=yuv420p`;
  return ['-f', 'lavfi', '-i', filter];
}

/** The number a frame carries. */
export function numberOn(frame: Pick<DecodedFrame, 'width' | 'height' | 'rgb'>): number {
  const { width, height, rgb } = frame;
  const row = Math.floor(height / 2) * width;
  let number = 0;
  for (let bit = 0; bit < columns; bit++) {
    const x = Math.floor(((bit + 0.5) * width) / columns);
    if (rgb[(row + x) * 3]! > 125) number += 2 ** bit;
  }
  return number;
}

/** Every frame as ffmpeg itself hands it out, decoded from the start. */
export function allFrames(path: string): Buffer {
  const input = ['-i', `file:${path}`, '-map', '0:V:0'];
  return runMedia([...input, ...passthrough(ffmpeg), '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-']);
}
