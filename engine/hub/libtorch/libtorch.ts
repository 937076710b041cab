import type { LibtorchBuild, LibtorchPlan } from '../../contract/libtorch.ts';
import type { Http } from '../http/http.ts';
import type { Environment } from '../http/proxy.ts';
import type { RetryPolicy } from '../http/retry.ts';
import { createSlots } from '../transfer/slots.ts';
import { type InstallOptions, installLibtorch } from './install.ts';
import { type LibtorchFolder, libtorchHome, readInstalled, removeInstalled } from './installed.ts';
import { planLibtorch } from './plan.ts';
import { type LibtorchPlatform, platformOf } from './platforms.ts';

/** libtorch on this machine and where it comes from. */
export interface Libtorch {
  readonly dataFolder: string;
  /** Below the data folder. */
  readonly home: string;
  /** Builds that PyTorch publishes for this system; none where it publishes nothing. */
  builds(): readonly LibtorchBuild[];
  installed(): readonly LibtorchFolder[];
  /** Throws ExpectedError of {@link planLibtorch}, 'training_unavailable' where nothing is published. */
  plan(build: LibtorchBuild, signal: AbortSignal | undefined): Promise<LibtorchPlan>;
  /** Throws ExpectedError of {@link installLibtorch}. */
  install(
    plan: LibtorchPlan,
    options: Pick<InstallOptions, 'signal' | 'onNote' | 'onProgress'>,
  ): Promise<void>;
  /** Bytes that it freed. Throws ExpectedError 'not_allowed'. */
  remove(): Promise<number>;
}

/** PyTorch's own indexes, one for each build. */
const official = 'https://download.pytorch.org/whl';
const connections = 4;
const policy: RetryPolicy = { attempts: 6, baseMs: 500, longestMs: 20_000 };

export interface LibtorchOptions {
  readonly http: Http;
  readonly dataFolder: string;
  /** MERV_LIBTORCH_INDEX names a mirror of PyTorch's indexes. */
  readonly env: Environment;
  readonly system?: { readonly platform: string; readonly arch: string };
}

export function createLibtorch({ http, dataFolder, env, system = process }: LibtorchOptions): Libtorch {
  const slots = createSlots(connections);
  const indexes = (env.MERV_LIBTORCH_INDEX || official).replace(/\/+$/, '');
  const platform = (): LibtorchPlatform => platformOf(system.platform, system.arch);
  return {
    dataFolder,
    home: libtorchHome(dataFolder),
    builds() {
      try {
        return platform().cuda === null ? ['cpu'] : ['cpu', 'cuda'];
      } catch {
        return [];
      }
    },
    installed: () => readInstalled(dataFolder),
    plan: async (build, signal) =>
      planLibtorch(build, { http, indexes, dataFolder, platform: platform() }, signal),
    install: (plan, options) =>
      installLibtorch({ ...options, plan, http, slots, policy, dataFolder, platform: platform() }),
    remove: () => removeInstalled(dataFolder),
  };
}
