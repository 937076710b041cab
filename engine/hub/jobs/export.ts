import { rm } from 'node:fs/promises';
import type { JobRequest } from '../../store/jobs.ts';
import { exportModel, partialExport } from '../archive/export.ts';
import type { JobWork } from './work.ts';

/** Writes a model to one file. A killed one begins anew: it runs as fast as the disk. */
export function exportWork(modelsFolder: () => string): JobWork<JobRequest & { kind: 'export' }> {
  return {
    async run({ modelId, path }, { signal, progress }) {
      progress.plan([['copy', 1]]);
      await exportModel({
        modelsFolder: modelsFolder(),
        modelId,
        path,
        signal,
        onBytes: (detail, done, total) => progress.at({ name: 'copy', detail, done, total, unit: 'bytes' }),
      });
    },
    clean: ({ path }) => rm(partialExport(path), { force: true }),
  };
}
