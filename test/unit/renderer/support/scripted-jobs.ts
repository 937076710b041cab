import type { Job } from '../../../../engine/contract/jobs.ts';

let ids = 0;

export function scriptedJob(part: Partial<Job> & Pick<Job, 'kind' | 'title' | 'modelId'>): Job {
  ids += 1;
  return {
    id: `job-${ids}`,
    state: 'running',
    stage: null,
    fraction: 0,
    bytesPerSecond: null,
    secondsLeft: null,
    error: null,
    notes: [],
    createdAt: Date.now(),
    updatedAt: Date.now(),
    ...part,
  };
}

const bytes = 2_400_000_000;

/** Takes a job through a hundred steps: half of them download, half convert. Waits while it is paused. */
export async function jobTicks(
  id: string,
  manager: { readonly jobs: readonly Job[]; readonly jobStepMs: number | null },
  put: (job: Job) => void,
  wait: (ms: number) => Promise<void>,
  onDone: () => void,
): Promise<void> {
  for (let step = 1; step <= 100; ) {
    await wait(manager.jobStepMs ?? 10).catch(() => {});
    const job = manager.jobs.find((each) => each.id === id);
    if (!job || job.state === 'cancelled') return;
    if (job.state !== 'running') continue;
    const downloading = step <= 50;
    put({
      ...job,
      fraction: step / 100,
      stage: downloading
        ? {
            name: 'download',
            detail: 'model-00001-of-00002.safetensors',
            done: (bytes * step) / 50,
            total: bytes,
            unit: 'bytes',
          }
        : { name: 'convert', detail: 'Llama 2 7B', done: (step - 50) * 6, total: 300, unit: 'tensors' },
      bytesPerSecond: downloading ? 24_000_000 : null,
      secondsLeft: Math.round((100 - step) * 1.7),
      updatedAt: Date.now(),
    });
    step += 1;
  }
  const job = manager.jobs.find((each) => each.id === id);
  if (!job) return;
  onDone();
  put({ ...job, state: 'done', stage: null, fraction: 1, bytesPerSecond: null, secondsLeft: null });
}
