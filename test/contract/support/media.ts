import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Media {
  readonly folder: string;
  readonly clip: string;
  readonly shorter: string;
  readonly text: string;
  readonly missing: string;
  remove(): void;
}

/** Two seconds and one of a test picture, made by ffmpeg, a file that is no video, and the name of one that is not there. */
export function makeMedia(): Media {
  const folder = mkdtempSync(join(tmpdir(), 'merv media '));
  const make = (name: string, seconds: number): string => {
    const path = join(folder, name);
    execFileSync(process.env.FFMPEG_BIN ?? 'ffmpeg', [
      ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc=size=64x48:rate=10:duration=${seconds}`],
      ...['-pix_fmt', 'yuv420p', '-c:v', 'mpeg4', path],
    ]);
    return path;
  };
  const text = join(folder, 'notes.mp4');
  writeFileSync(text, 'This is no video.');
  return {
    folder,
    clip: make('clip one.mp4', 2),
    shorter: make('shorter.mp4', 1),
    text,
    missing: join(folder, 'gone.mp4'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
