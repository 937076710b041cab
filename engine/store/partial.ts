import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { isAlive } from './alive.ts';

/** Where a file or folder is written before it is moved to `path`: beside it, under this process's number. */
export function partialOf(path: string): string {
  return `${path}.${pid}.partial`;
}

/**
 * Removes what processes that were killed have left half-written in the folder. To be called where this process itself
 * writes nothing there yet: an earlier one may have had its number. Throws what the disk throws.
 */
export function sweepPartial(folder: string): void {
  for (const name of readdirSync(folder)) {
    const writer = Number(/\.(\d+)\.partial$/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(writer) || (writer !== pid && isAlive(writer))) continue;
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}
