import { ExpectedError } from '../../contract/errors.ts';
import type { JobStore } from '../../store/jobs.ts';
import type { Hub } from '../huggingface/hub.ts';
import { installMemory } from './install-memory.ts';

/** Removes what a job had begun to fetch and not ended, unless another job that has not ended fetches of the same. */
export async function discardDownloads(hub: Hub, jobId: string, store: JobStore): Promise<void> {
  const own = installMemory(store.list().find(({ job }) => job.id === jobId)?.memory);
  const others = store.active().filter(({ job }) => job.id !== jobId);
  const wanted = new Set(
    others.flatMap(({ memory }) =>
      Object.entries(installMemory(memory).pins).map(([...pin]) => pin.join('@')),
    ),
  );
  for (const [repo, commit] of Object.entries(own.pins)) {
    if (wanted.has(`${repo}@${commit}`)) continue;
    try {
      const { files } = await hub.listFiles(repo, commit);
      await hub.discard(repo, files);
    } catch (error) {
      // Without a list of files nothing was begun.
      if (!(error instanceof ExpectedError)) throw error;
    }
  }
}
