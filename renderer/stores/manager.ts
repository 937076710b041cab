import type { ModelSource } from '../../engine/contract/hub.ts';
import type { Job } from '../../engine/contract/jobs.ts';
import { fileName, safeName } from '../lib/file-name.ts';
import type { Host } from '../lib/host.ts';
import { formatBytes } from '../lib/numbers.ts';
import type { ComposerStore } from './composer.ts';
import type { EngineStore } from './engine.ts';
import type { HubStore } from './hub.ts';
import type { InspectorStore } from './inspector.ts';
import type { InstallStore } from './install.ts';
import type { JobsStore } from './jobs.ts';
import type { ModelsStore } from './models.ts';
import type { NavigationStore } from './navigation.ts';
import type { NoticesStore } from './notices.ts';
import type { TensorsStore } from './tensors.ts';

interface ManagerParts {
  readonly host: Host;
  readonly engine: EngineStore;
  readonly models: ModelsStore;
  readonly inspector: InspectorStore;
  readonly tensors: TensorsStore;
  readonly hub: HubStore;
  readonly install: InstallStore;
  readonly jobs: JobsStore;
  readonly navigation: NavigationStore;
  readonly notices: NoticesStore;
  readonly composer: ComposerStore;
}

/** What happens between the stores when models are managed. */
export function createManager(parts: ManagerParts) {
  const { host, engine, models, inspector, tensors, hub, install, jobs, navigation, notices, composer } =
    parts;

  const { attempt } = notices;

  /** Starts a job and shows where it goes on. */
  const begin = async (start: () => Promise<unknown>): Promise<void> => {
    await attempt(async () => {
      await start();
      navigation.go('downloads');
    });
  };

  const reload = async (): Promise<void> => {
    tensors.forget();
    await Promise.all([models.load(), hub.loadCatalogue(), inspector.reload()]);
  };

  const askWith = (id: string): void => {
    models.choose(id);
    navigation.go('ask');
    composer.focus();
  };

  const showModel = (id: string): void => {
    navigation.go('models');
    void inspector.open(id);
  };

  const installPath = (path: string): void => void install.open({ kind: 'local', path }, fileName(path));

  const afterEnd = async (job: Job): Promise<void> => {
    // On the screen of the jobs everything is said already.
    const seen = navigation.store.getState().screen === 'downloads';
    if (job.state === 'failed') {
      if (seen) return;
      notices.say(`${job.title} failed.`, { label: 'Show', run: () => navigation.go('downloads') });
      return;
    }
    await reload();
    if (job.state !== 'done' || seen) return;
    const { modelId } = job;
    const usable = models.store.getState().models.some((model) => model.id === modelId);
    const ask = { label: 'Ask with it', run: () => modelId !== null && askWith(modelId) };
    notices.say(`${job.title}: done.`, job.kind === 'install' && usable ? ask : null);
  };

  const unsubscribe = jobs.store.subscribe((state, before) => {
    if (!before.loaded || state.jobs === before.jobs) return;
    const known = new Map(before.jobs.map((job) => [job.id, job.state]));
    for (const job of state.jobs) {
      const ended = job.state === 'done' || job.state === 'failed' || job.state === 'cancelled';
      if (ended && known.has(job.id) && known.get(job.id) !== job.state) void afterEnd(job);
    }
  });

  return {
    reload,
    askWith,
    showModel,
    dispose: (): void => {
      unsubscribe();
      jobs.stop();
    },
    openLink: (url: string) => attempt(() => host.openLink(url)),
    install: (source: ModelSource, title: string): void => void install.open(source, title),
    /** Starts what the sheet shows; its progress is on the Downloads screen. */
    startInstall: async (): Promise<void> => {
      if (await install.start()) navigation.go('downloads');
    },
    installFile: async (): Promise<void> => {
      const path = await attempt(async () => (await host.models?.chooseFile()) ?? null);
      if (path !== null) installPath(path);
    },
    installFolder: async (): Promise<void> => {
      const path = await attempt(async () => (await host.models?.chooseFolder()) ?? null);
      if (path !== null) installPath(path);
    },
    installDropped: async (file: File): Promise<void> => {
      if (host.models === null) {
        notices.say(
          'A browser cannot hand over a model’s files. Install it in the desktop application or with “merv models install”.',
        );
        return;
      }
      const path = await attempt(() => host.receiveFile(file, () => {}));
      if (path !== null) installPath(path);
    },
    rename: async (id: string, name: string): Promise<void> => {
      await attempt(() => models.rename(id, name));
      await inspector.reload();
    },
    remove: async (id: string): Promise<void> => {
      const name = models.store.getState().models.find((model) => model.id === id)?.name ?? id;
      const freed = await attempt(() => models.remove(id));
      if (freed === null) return;
      if (inspector.store.getState().id === id) void inspector.open(null);
      await Promise.all([models.load(), hub.loadCatalogue()]);
      notices.say(`Deleted “${name}”. ${formatBytes(freed)} are free again.`);
    },
    repair: async (id: string): Promise<void> => {
      await begin(() => models.repair(id));
    },
    export: async (id: string, name: string): Promise<void> => {
      const proposed = `${safeName(name) ?? id}.mervmodel`;
      const path = await attempt(async () => (await host.models?.chooseExportPath(proposed)) ?? null);
      if (path === null) return;
      await begin(() => models.export(id, path));
    },
    showFolder: async (folder: string): Promise<void> => {
      await attempt(async () => host.models?.showFolder(folder));
    },
    /** Moves every model to another folder. */
    moveModels: async (): Promise<void> => {
      const path = await attempt(async () => (await host.models?.chooseModelsFolder()) ?? null);
      if (path === null) return;
      await begin(() => engine.client().settings.moveModels({ path }));
    },
  };
}
