import { ExpectedError } from '../contract/errors.ts';
import { isEnded } from '../contract/jobs.ts';
import type { LibtorchBuild, TrainingRuntime } from '../contract/libtorch.ts';
import { isWorking } from '../contract/training.ts';
import type { Library } from '../hub/library.ts';
import { summaryOf } from '../hub/libtorch/installed.ts';
import { libtorchVersion } from '../hub/libtorch/version.ts';
import type { RunManager } from '../runs/run-manager.ts';
import { nvidiaGpus } from './nvidia.ts';
import type { Procedures } from './procedures.ts';

export interface LibtorchServiceOptions {
  readonly runs: RunManager;
  readonly library: Pick<Library, 'libtorch' | 'jobs'>;
}

/** `training.runtime` and `training.libtorch`: the libraries that training needs, and the way to them. */
export function libtorchService({ training }: Procedures, { runs, library }: LibtorchServiceOptions) {
  const { libtorch, jobs } = library;

  let gpus: ReturnType<typeof nvidiaGpus> | null = null;
  /** CUDA where it has a GPU to run on. */
  const builds = async (): Promise<LibtorchBuild[]> => {
    const all = libtorch.builds();
    if (!all.includes('cuda')) return [...all];
    gpus ??= nvidiaGpus();
    return Array.isArray(await gpus) ? [...all] : all.filter((build) => build !== 'cuda');
  };
  const runtime = async (): Promise<TrainingRuntime> => {
    const probed = await runs.runtime();
    const job = jobs.list().find((each) => each.kind === 'libtorch' && !isEnded(each)) ?? null;
    const all = libtorch.installed();
    const installed = all.find(({ manifest }) => manifest.version === libtorchVersion);
    const others = all.flatMap(({ folder, manifest: { version } }) =>
      version === libtorchVersion ? [] : [`${folder}: it is of version ${version}, not ${libtorchVersion}.`],
    );
    return {
      ...probed,
      attempts: [...probed.attempts, ...others],
      state: probed.state === 'missing' && job !== null ? 'downloading' : probed.state,
      jobId: job?.id ?? null,
      installed: installed === undefined ? null : summaryOf(installed),
      builds: await builds(),
    };
  };

  return {
    runtime: training.runtime.handler(runtime),
    libtorch: {
      plan: training.libtorch.plan.handler(({ input, signal }) => libtorch.plan(input.build, signal)),
      install: training.libtorch.install.handler(async ({ input: { build } }) => {
        if (!libtorch.builds().includes(build)) {
          throw new ExpectedError(
            'training_unavailable',
            `PyTorch publishes no libtorch for this system${build === 'cuda' ? ' with CUDA' : ''}.`,
            build === 'cuda' ? 'Install the one for the processor.' : 'Train on another machine.',
          );
        }
        const title = build === 'cuda' ? 'Download libtorch for CUDA' : 'Download libtorch';
        return { id: jobs.add({ kind: 'libtorch', build }, title, null) };
      }),
      remove: training.libtorch.remove.handler(async () => {
        if (runs.list().some(isWorking)) {
          throw new ExpectedError(
            'busy',
            'A run is under way, and needs libtorch.',
            'Pause it or let it end, then remove libtorch.',
          );
        }
        return { freedBytes: await libtorch.remove() };
      }),
    },
  };
}
