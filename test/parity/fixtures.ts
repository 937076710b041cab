import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('../..', import.meta.url));

function choose(): string {
  const named = process.env.MERV_FIXTURES;
  if (named) return resolve(named);
  const whole = join(root, '..', 'shared', 'fixtures');
  return existsSync(whole) ? whole : join(root, 'test', 'fixtures');
}

/** MERV_FIXTURES, else the whole set beside the repository where there is one, else the trimmed copy in it. */
export const fixturesFolder: string = choose();

export async function readJson(...path: readonly string[]): Promise<unknown> {
  return JSON.parse(await readFile(join(fixturesFolder, ...path), 'utf8'));
}

/** Sub-folders of a fixture folder that hold a file of this name; none where the folder is missing. */
export async function foldersWith(file: string, ...path: readonly string[]): Promise<string[]> {
  const folder = join(fixturesFolder, ...path);
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, file)))
    .map((entry) => entry.name)
    .sort();
}

export interface Uint8Array4 {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** A gzipped NumPy array of uint8 (format version 1, C order). */
export async function readNpyGz(...path: readonly string[]): Promise<Uint8Array4> {
  const bytes = gunzipSync(await readFile(join(fixturesFolder, ...path)));
  const headerLength = bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, 10 + headerLength);
  const shape = /'shape': \(([^)]*)\)/.exec(header)?.[1];
  if (!header.includes("'|u1'") || shape === undefined) throw new Error(`not a uint8 array: ${header}`);
  const dimensions = shape
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  return { shape: dimensions, data: new Uint8Array(bytes.subarray(10 + headerLength)) };
}

/** Largest absolute difference. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
