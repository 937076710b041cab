import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { freeBytes } from '../../store/disk.ts';
import { gigabytes, type PlanProblem } from './problems.ts';

/** Left free on each disk: the system and the database need it. */
const reserveBytes = 256 * 2 ** 20;

export interface DiskNeeds {
  /** Into the cache of Hugging Face's tools. */
  readonly download: { readonly folder: string; readonly bytes: number };
  /** Into the models folder. */
  readonly models: { readonly folder: string; readonly bytes: number };
}

/** Whether downloads and conversion fit together; they may be on two disks. `free`: of the models' disk. */
export async function diskProblems({
  download,
  models,
}: DiskNeeds): Promise<{ readonly problems: readonly PlanProblem[]; readonly free: number | null }> {
  const [cache, place] = await Promise.all([existing(download.folder), existing(models.folder)]);
  const [cacheFree, free] = await Promise.all([freeBytes(cache.folder), freeBytes(place.folder)]);
  const shared = cache.device === place.device;
  const needs = shared
    ? [{ folder: models.folder, free, bytes: download.bytes + models.bytes }]
    : [
        { folder: download.folder, free: cacheFree, bytes: download.bytes },
        { folder: models.folder, free, bytes: models.bytes },
      ];
  const problems = needs
    .filter((need) => need.bytes > 0 && need.free !== null && need.free < need.bytes + reserveBytes)
    .map(
      (need): PlanProblem => ({
        code: 'disk_full',
        sentence: `It takes ${gigabytes(need.bytes)} on the disk of ${need.folder}, which has ${gigabytes(need.free ?? 0)} free.`,
        remedy:
          'Free some space, choose lower precisions, or move the models to another disk in the settings.',
        url: null,
      }),
    );
  return { problems, free };
}

/** The folder, or the nearest one above it that is there, and its disk. */
async function existing(folder: string): Promise<{ readonly folder: string; readonly device: number }> {
  for (let at = folder; ; at = dirname(at)) {
    const stats = await stat(at).catch(() => null);
    if (stats) return { folder: at, device: stats.dev };
    if (dirname(at) === at) return { folder: at, device: -1 };
  }
}
