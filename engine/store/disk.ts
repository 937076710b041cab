import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { promisify } from 'node:util';

/** Bytes that this user may still write on the folder's disk; null where the platform does not tell. */
export async function freeBytes(folder: string): Promise<number | null> {
  try {
    // Node 16 (older Electron) has no statfs.
    if ('statfs' in fs) {
      const { bavail, bsize } = await fs.statfs(folder);
      return bavail * bsize;
    }
    return await freeBytesByDf(folder);
  } catch {
    return null;
  }
}

/** POSIX df: the second line's fourth column is the kilobytes available. */
async function freeBytesByDf(folder: string): Promise<number | null> {
  if (process.platform === 'win32') return null;
  const { stdout } = await promisify(execFile)('df', ['-Pk', folder], { timeout: 5000 });
  const kilobytes = Number(stdout.trim().split('\n')[1]?.split(/\s+/)[3]);
  return Number.isFinite(kilobytes) ? kilobytes * 1024 : null;
}
