import { join } from 'node:path';
import { type ActivityStore, createActivityStore } from '../store/activity.ts';
import type { Database } from '../store/database.ts';
import { createEngineRegister, type EngineRegister } from '../store/engines.ts';
import { type Folders, setModelsFolder } from '../store/folders.ts';
import { createJobStore, type JobStore } from '../store/jobs.ts';
import { createSettingsStore, type SettingsStore } from '../store/settings.ts';
import { createTokenStore, type TokenStore } from '../store/token.ts';
import { createActivity } from './http/activity.ts';
import { createHttp } from './http/http.ts';
import type { Environment } from './http/proxy.ts';
import { createHub, type Hub } from './huggingface/hub.ts';
import { findToken, type HubPlaces, hubPlaces } from './huggingface/places.ts';
import type { PlanOptions } from './install/plan-figures.ts';
import { collectGarbage } from './installed/garbage.ts';
import { exportWork } from './jobs/export.ts';
import { installWork } from './jobs/install.ts';
import { libtorchWork } from './jobs/libtorch.ts';
import { moveWork } from './jobs/move.ts';
import { repairWork } from './jobs/repair.ts';
import { createJobRunner, type JobRunner, type JobRunnerOptions } from './jobs/runner.ts';
import { createLibtorch, type Libtorch } from './libtorch/libtorch.ts';

/** The models of this machine and where they come from: what the services over them share. */
export interface Library {
  readonly hub: Hub;
  readonly libtorch: Libtorch;
  readonly jobs: JobRunner;
  readonly store: JobStore;
  readonly engines: EngineRegister;
  readonly settings: SettingsStore;
  readonly tokens: TokenStore;
  readonly activity: ActivityStore;
  readonly places: HubPlaces;
  /** Where Hugging Face's API is, as it is set now; without a slash at its end. */
  endpoint(): string;
  planOptions(signal: AbortSignal | undefined): PlanOptions;
  /** Stops jobs for the next engine to go on with, closes connections. */
  close(): Promise<void>;
}

export interface LibraryOptions extends Pick<JobRunnerOptions, 'runs'> {
  readonly folders: Folders;
  readonly resourcesFolder: string;
  /** Where jobs, settings and activity are kept. */
  readonly database: Database;
  readonly env: Environment;
  /** Runs `work` when no answer runs and every open model was let go of. */
  readonly whileIdle: (work: () => void) => Promise<void>;
}

export function createLibrary(options: LibraryOptions): Library {
  const { folders, resourcesFolder, database, env, whileIdle, runs } = options;
  const settings = createSettingsStore(database);
  const tokens = createTokenStore(folders.data);
  const activity = createActivityStore(database);
  const places = hubPlaces(env);
  const endpoint = (): string => (settings.read().endpoint ?? places.endpoint).replace(/\/+$/, '');
  const http = createHttp({
    settings() {
      const now = settings.read();
      return { ...now, offline: now.offline || places.offline };
    },
    activity: createActivity([], activity.save),
    env,
  });
  const hub = createHub({
    http,
    endpoint,
    token: async () => (await findToken(places, tokens.read())).token,
    cacheFolder: places.cacheFolder,
    symlinks: places.symlinks,
    checkedFile: join(folders.data, 'checked.json'),
  });

  const libtorch = createLibtorch({ http, dataFolder: folders.data, env });
  const engines = createEngineRegister(database);
  const store = createJobStore(database, engines);
  const modelsFolder = (): string => folders.models;
  const shared = { cacheFolder: places.cacheFolder, resourcesFolder };
  const install = {
    ...shared,
    hub,
    store,
    modelsFolder,
    releaseModels: () => whileIdle(() => {}),
  };
  const jobs = createJobRunner({
    store,
    engines,
    runs,
    prepare: () => collectGarbage(folders.models, store, engines),
    works: {
      install: installWork(install),
      repair: repairWork(install),
      export: exportWork(modelsFolder),
      move: moveWork({
        engines,
        modelsFolder,
        switchTo: (folder) => whileIdle(() => setModelsFolder(folders.data, folder)),
      }),
      libtorch: libtorchWork(libtorch),
    },
  });

  return {
    hub,
    libtorch,
    jobs,
    store,
    engines,
    settings,
    tokens,
    activity,
    places,
    endpoint,
    planOptions: (signal) => ({ ...shared, hub, modelsFolder: folders.models, signal }),
    async close() {
      await jobs.close();
      http.close();
    },
  };
}
