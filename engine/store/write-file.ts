import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { partialOf } from './partial.ts';

/** Writes a small file whole or not at all, for what must be switched in one moment. Throws what the disk throws. */
export function writeFileWhole(path: string, text: string, mode = 0o644): void {
  const partial = partialOf(path);
  try {
    const file = openSync(partial, 'w', mode);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}
