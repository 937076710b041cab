import { createStore } from 'zustand/vanilla';
import {
  type ExportFormat,
  type InstallForm,
  type Run,
  type Saving,
  type TrainConfig,
  trainConfigSchema,
} from '../../engine/contract/training.ts';
import { safeName } from '../lib/file-name.ts';
import type { Host } from '../lib/host.ts';
import { nextName } from '../lib/run-words.ts';
import type { CurvesStore } from './curves.ts';
import type { EngineStore } from './engine.ts';
import type { ModelsStore } from './models.ts';
import type { NavigationStore } from './navigation.ts';
import type { NoticesStore } from './notices.ts';
import type { RunPageStore } from './run-page.ts';
import { type RunsStore, runOf } from './runs.ts';
import type { TrainViewStore } from './train-view.ts';
import { defaultConfig, type WizardStore } from './wizard.ts';

interface TrainingParts {
  readonly host: Host;
  readonly engine: EngineStore;
  readonly models: ModelsStore;
  readonly navigation: NavigationStore;
  readonly notices: NoticesStore;
  readonly runs: RunsStore;
  readonly curves: CurvesStore;
  readonly page: RunPageStore;
  readonly wizard: WizardStore;
  readonly view: TrainViewStore;
  /** Chooses a model and goes where it is asked. */
  readonly askWith: (modelId: string) => void;
}

/** The run of which a model is being made, and how much of it is done, 0 to 1. */
interface Installing {
  readonly id: string | null;
  readonly part: number;
}

/** What happens between the stores when models are trained. */
export function createTraining(parts: TrainingParts) {
  const { host, engine, models, navigation, notices, runs, curves, page, wizard, view, askWith } = parts;
  const installing = createStore<Installing>(() => ({ id: null, part: 0 }));

  const { attempt } = notices;
  const list = () => runs.store.getState().runs;
  const shown = () => view.store.getState().view;

  const showList = (): void => {
    wizard.close();
    page.open(null);
    view.show({ kind: 'list' });
  };
  const showRun = (id: string): void => {
    wizard.close();
    page.open(id);
    view.show({ kind: 'run', id });
    const run = runOf(runs.store.getState(), id);
    if (run) void curves.follow(run);
  };
  const begin = (config: TrainConfig): void => {
    wizard.open({ ...config, name: nextName(config.name, new Set(list().map((run) => run.config.name))) });
    view.show({ kind: 'wizard' });
  };
  const newConfig = (name: string): TrainConfig => {
    const { models: known, chosenId } = models.store.getState();
    const usable = known.filter((model) => model.problem === null);
    const model = usable.find(({ id }) => id === chosenId) ?? usable[0];
    return defaultConfig(model?.id ?? '', name);
  };

  /** Whether a person looks at this run's page. */
  const isSeen = (id: string): boolean => {
    const current = shown();
    return navigation.store.getState().screen === 'train' && current.kind === 'run' && current.id === id;
  };
  const afterEnd = (run: Run): void => {
    if (isSeen(run.id)) return;
    const words = run.state === 'done' ? 'The run is done.' : 'The run failed.';
    const open = () => {
      navigation.go('train');
      showRun(run.id);
    };
    notices.say(`${run.config.name}: ${words}`, { label: 'Show', run: open });
  };

  const unsubscribe = runs.store.subscribe((state, before) => {
    if (state.runs === before.runs) return;
    const current = shown();
    const onScreen =
      current.kind === 'run' ? [current.id] : current.kind === 'compare' ? current.ids : ([] as const);
    for (const run of state.runs) {
      const was = before.runs.find((other) => other.id === run.id);
      const ended = run.state === 'done' || run.state === 'failed';
      if (before.loaded && was !== undefined && was.state !== run.state && ended) afterEnd(run);
      if (onScreen.includes(run.id)) void curves.follow(run);
      if (current.kind === 'run' && current.id === run.id) void page.refresh();
    }
    for (const id of view.store.getState().picked) if (runOf(state, id) === null) view.pick(id, false);
  });

  return {
    installing,
    showList,
    showRun,
    showCompare: (): void => {
      const ids = view.store.getState().picked;
      view.show({ kind: 'compare', ids });
      for (const run of list()) if (ids.includes(run.id)) void curves.follow(run);
    },
    /** The wizard, empty. */
    startNew: (): void => begin(newConfig('My run')),
    /** The wizard, filled in for a first run on the sample. */
    startSample: async (): Promise<void> => {
      const { sample } = runs.store.getState();
      if (sample === null) return;
      // The small model that comes with the application, where it is installed: made for a first look.
      const demonstration = models.store
        .getState()
        .models.find((model) => model.demonstration && model.problem === null);
      const config = newConfig('First run');
      begin({ ...config, modelId: demonstration?.id ?? config.modelId });
      await wizard.chooseSample(sample);
    },
    duplicate: (run: Run): void => begin(run.config),
    /** Another run with a change that may do away with what this one failed of; measured at once. */
    tryWith: (run: Run, change: Saving['change'] | Pick<TrainConfig, 'learningRate'>): void => {
      begin(trainConfigSchema.parse({ ...run.config, ...change }));
      wizard.go('review');
    },
    /** Starts what the wizard says and shows it. */
    start: async (): Promise<void> => {
      const id = await wizard.start();
      if (id !== null) showRun(id);
    },
    chooseDataFile: async (): Promise<void> => {
      const file = await attempt(async () => (await host.training?.chooseDataFile()) ?? null);
      const { media } = wizard.store.getState().config.data;
      if (file !== null) await wizard.chooseData({ file, media });
    },
    chooseMediaFolder: async (): Promise<void> => {
      const media = await attempt(async () => (await host.training?.chooseMediaFolder()) ?? null);
      const { file } = wizard.store.getState().config.data;
      if (media !== null) await wizard.chooseData({ file, media });
    },
    pause: (id: string) => attempt(() => runs.tell(id, 'pause')),
    resume: (id: string) => attempt(() => runs.tell(id, 'resume')),
    /** Saves and ends it for good. */
    finish: (id: string) => attempt(() => runs.tell(id, 'stop')),
    remove: async (id: string): Promise<void> => {
      const name = runOf(runs.store.getState(), id)?.config.name ?? id;
      if ((await attempt(() => runs.tell(id, 'delete'))) !== true) return;
      curves.forget(id);
      const current = shown();
      if (current.kind === 'run' && current.id === id) showList();
      notices.say(`Deleted the run “${name}”.`);
    },
    /** The forms that a checkpoint can be installed in, the proposed one first; null where that failed, which was told. */
    installForms: (id: string, step: number) =>
      attempt(() => engine.client().training.installForms({ id, step })),
    /** Makes a model of a checkpoint and asks with it; elsewhere meanwhile, it is offered instead. */
    install: async (run: Run, step: number, name: string, form: InstallForm): Promise<void> => {
      if (installing.getState().id !== null) return;
      installing.setState({ id: run.id, part: 0 });
      const made = await attempt(async () => {
        const request = { id: run.id, step, name: name.trim(), form };
        for await (const event of await engine.client().training.install(request)) {
          if (event.kind === 'done') return event;
          installing.setState({ part: event.part });
        }
        return null;
      });
      if (made !== null) await models.load();
      installing.setState({ id: null, part: 0 });
      if (made === null) return;
      if (isSeen(run.id)) askWith(made.modelId);
      else
        notices.say(`“${name.trim()}” can be asked now.`, {
          label: 'Ask with it',
          run: () => askWith(made.modelId),
        });
    },
    /** Writes a checkpoint to a new folder, for use elsewhere. */
    export: async (run: Run, step: number, format: ExportFormat): Promise<void> => {
      const proposed = `${safeName(run.config.name) ?? 'run'} step ${step}`;
      const path = await attempt(async () => (await host.training?.chooseRunExport(proposed)) ?? null);
      if (path === null) return;
      const done = await attempt(() => engine.client().training.export({ id: run.id, step, format, path }));
      if (done !== null) notices.say(`Exported to ${path}.`);
    },
    dispose: (): void => {
      unsubscribe();
      wizard.close();
      runs.stop();
    },
  };
}
