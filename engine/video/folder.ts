import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import type { PacketTable } from './packets.ts';
import { fileProblem } from './still.ts';

const suffix = /\.(?:png|jpe?g|webp|bmp)$/i;

/** Whether a file's name says that it is a single picture. */
export function isPictureName(path: string): boolean {
  return suffix.test(path);
}

/**
 * The pictures of a folder in natural order (`frame2` before `frame10`), hidden files left out. Throws ExpectedError
 * 'no_frames' when there are none.
 */
export async function picturesIn(folder: string): Promise<readonly string[]> {
  let names: readonly string[];
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    names = entries
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
  } catch (error) {
    throw fileProblem(folder, error);
  }
  const order = new Intl.Collator('en', { numeric: true });
  const pictures = names
    .filter(isPictureName)
    .sort((a, b) => order.compare(a, b) || (a < b ? -1 : 1))
    .map((name) => join(folder, name));
  if (pictures.length > 0) return pictures;
  throw new ExpectedError(
    'no_frames',
    `The folder ${basename(folder)} holds no pictures.`,
    'Choose a folder with PNG, JPEG, WebP or BMP pictures, one a frame.',
  );
}

/** Pictures as packets: one a second, every one a keyframe. */
export function picturePackets(bytes: readonly number[]): PacketTable {
  const times = Float64Array.from(bytes, (_, i) => i);
  return {
    count: bytes.length,
    secondsPerTick: 1,
    pts: times,
    dts: times,
    duration: new Float64Array(bytes.length).fill(1),
    bytes: Float64Array.from(bytes),
    flags: new Uint8Array(bytes.length).fill(1),
    complaints: '',
    key: () => true,
    corrupt: () => false,
    discarded: () => false,
  };
}
