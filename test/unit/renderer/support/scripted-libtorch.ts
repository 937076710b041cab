import type { Implementer } from '@orpc/server';
import type { contract } from '../../../../engine/contract/contract.ts';
import type { Job } from '../../../../engine/contract/jobs.ts';
import type {
  InstalledLibtorch,
  LibtorchPlan,
  TrainingRuntime,
} from '../../../../engine/contract/libtorch.ts';
import { jobTicks, scriptedJob } from './scripted-jobs.ts';
import type { ManagerScript } from './scripted-manager.ts';

export const readyRuntime: TrainingRuntime = {
  state: 'ready',
  version: '2.15.0',
  place: '/data/libtorch/2.15.0-linux-x64',
  devices: ['cpu'],
  attempts: [],
  remedy: null,
  lacksLibtorch: false,
  jobId: null,
  installed: null,
  builds: ['cpu'],
};

/** A machine on which libtorch alone is missing. */
export const missingRuntime: TrainingRuntime = {
  ...readyRuntime,
  state: 'missing',
  version: null,
  place: null,
  devices: [],
  attempts: [
    '/opt/MERV Studio/resources/native/merv-torch.node: libtorch_cpu.so: cannot open shared object file: No such file or directory. libtorch (libtorch_cpu.so) is not there: download it on the Train screen, or with merv libtorch install.',
  ],
  remedy: 'libtorch is not there: download it.',
  lacksLibtorch: true,
};

export const scriptedLibtorchPlan: LibtorchPlan = {
  version: '2.15.0',
  build: 'cpu',
  platform: 'linux-x64',
  folder: '/home/someone/.local/share/merv-studio/libtorch/2.15.0-linux-x64',
  archives: [
    {
      name: 'torch-2.15.0+cpu-cp310-cp310-manylinux_2_28_x86_64.whl',
      url: 'https://download.pytorch.org/whl/cpu/torch-2.15.0%2Bcpu-cp310-cp310-manylinux_2_28_x86_64.whl',
      host: 'download.pytorch.org',
      bytes: 189_300_000,
      sha256: '8f5d2c0a7e61b394d0f8b1c25a6e7749130f5b8cd2e94a07c6b81d35fe920476',
    },
  ],
  downloadBytes: 189_300_000,
  installedBytes: 431_000_000,
  diskBytes: 620_300_000,
  freeDiskBytes: 84_000_000_000,
  problems: [],
};

const installed: InstalledLibtorch = {
  version: scriptedLibtorchPlan.version,
  build: 'cpu',
  folder: scriptedLibtorchPlan.folder,
  bytes: scriptedLibtorchPlan.installedBytes,
};

interface Scripts {
  readonly manager: ManagerScript;
  readonly training: { runtime: TrainingRuntime };
}
type Base = Implementer<typeof contract, Record<never, never>, Record<never, never>>;

/** `training.libtorch`: a job that makes this machine ready, as long as jobs have steps. */
export function libtorchRouter(
  base: Base,
  { manager, training }: Scripts,
  called: (name: string, input?: unknown) => Promise<void>,
  wait: (ms: number) => Promise<void>,
) {
  const put = (job: Job): void => {
    manager.jobs = [job, ...manager.jobs.filter((each) => each.id !== job.id)];
  };
  return {
    plan: base.training.libtorch.plan.handler(async ({ input }) => {
      await called('training.libtorch.plan', input);
      return { ...scriptedLibtorchPlan, build: input.build };
    }),
    install: base.training.libtorch.install.handler(async ({ input }) => {
      await called('training.libtorch.install', input);
      const job = scriptedJob({ kind: 'libtorch', title: 'Download libtorch', modelId: null });
      training.runtime = { ...missingRuntime, state: 'downloading', jobId: job.id };
      put(job);
      const done = () => {
        training.runtime = { ...readyRuntime, installed };
      };
      if (manager.jobStepMs !== null) void jobTicks(job.id, manager, put, wait, done);
      return { id: job.id };
    }),
    remove: base.training.libtorch.remove.handler(async () => {
      await called('training.libtorch.remove');
      training.runtime = missingRuntime;
      manager.jobs = manager.jobs.filter(({ kind }) => kind !== 'libtorch');
      return { freedBytes: installed.bytes };
    }),
  };
}
