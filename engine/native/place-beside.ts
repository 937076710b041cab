import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';

/**
 * A copy of the addon among libtorch's libraries, where every system's loader looks for what it needs: by $ORIGIN on
 * Linux, by @loader_path on macOS, in the file's own folder on Windows. (To open libtorch first and the addon after it
 * works on Linux only, and Node closes a library again that is no addon.) Its name has its hash, so that another
 * version of the application takes another copy. Returns its path. Throws what the disk says.
 */
export function placeBeside(addon: string, folder: string): string {
  const bytes = readFileSync(addon);
  const stem = basename(addon, '.node');
  const name = `${stem}-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.node`;
  const path = join(folder, name);
  if (statSync(path, { throwIfNoEntry: false })?.size === bytes.byteLength) return path;
  const partial = `${path}.${process.pid}.partial`;
  try {
    const file = openSync(partial, 'w', 0o755);
    try {
      writeFileSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
  removeOthers(folder, stem, name);
  return path;
}

/** Those of earlier versions; one that is in use stays where the system does not let it go. */
function removeOthers(folder: string, stem: string, kept: string): void {
  for (const each of readdirSync(folder)) {
    if (each === kept || !each.startsWith(`${stem}-`) || !each.endsWith('.node')) continue;
    try {
      rmSync(join(folder, each));
    } catch {
      // It is in use.
    }
  }
}
