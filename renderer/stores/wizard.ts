import { createStore } from 'zustand/vanilla';
import {
  type DataReport,
  type Preflight,
  type Saving,
  sampleParameters,
  type TrainConfig,
  trainConfigSchema,
  trainsLanguageModel,
} from '../../engine/contract/training.ts';
import { expected, type Failure, toFailure } from '../lib/failure.ts';
import { type Loadable, latest, unloaded } from '../lib/loadable.ts';
import type { EngineAccess } from './engine.ts';

export const wizardSteps = ['model', 'data', 'method', 'review'] as const;
export type WizardStep = (typeof wizardSteps)[number];

/** The measurement of one configuration. */
export type Measurement =
  | { readonly kind: 'none' }
  | { readonly kind: 'running'; readonly detail: string }
  | { readonly kind: 'done'; readonly preflight: Preflight }
  /** `savings`: what would take less memory, where that did not suffice. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly savings: readonly Saving[] };

export interface WizardState {
  readonly step: WizardStep;
  /** Every parameter but which data; a path that is empty was not chosen yet. */
  readonly config: TrainConfig;
  readonly report: Loadable<DataReport>;
  readonly measurement: Measurement;
  readonly starting: boolean;
  /** Why it could not be started. */
  readonly failure: Failure | null;
}

const noData = { file: '', media: '' } as const;

/** What a run has where nobody says otherwise. */
export function defaultConfig(modelId: string, name: string): TrainConfig {
  return trainConfigSchema.parse({ name, modelId, data: noData, recipe: 'finetune' });
}

/** The rate that goes with what is trained: the reference's for whole weights, the usual one for adapters. */
export function usualRate({ recipe, method }: Pick<TrainConfig, 'recipe' | 'method'>): number {
  if (!trainsLanguageModel(recipe)) return 1e-3;
  return method.kind === 'lora' ? 1e-4 : 2e-5;
}

/** The four steps to a run. Nothing is started before the last. */
export function createWizardStore(engine: EngineAccess) {
  const fresh = (config: TrainConfig): WizardState => ({
    step: 'model',
    config,
    report: unloaded,
    measurement: { kind: 'none' },
    starting: false,
    failure: null,
  });
  const store = createStore<WizardState>(() => fresh(defaultConfig('', 'Run')));
  const { getState, setState } = store;
  const loader = latest<DataReport>((change) =>
    setState((state) => ({ report: { ...state.report, ...change } })),
  );
  let measuring: AbortController | null = null;

  const forgetMeasurement = (): void => {
    measuring?.abort();
    measuring = null;
    setState({ measurement: { kind: 'none' }, failure: null });
  };

  const change = (part: Partial<TrainConfig>): void => {
    setState(({ config }) => ({ config: { ...config, ...part } }));
    // Its name changes nothing that is measured.
    if (Object.keys(part).some((key) => key !== 'name')) forgetMeasurement();
  };

  const inspect = async (): Promise<void> => {
    const { data } = getState().config;
    if (data.file === '' || data.media === '') return;
    await loader.load(() => engine.client().training.inspectData(data));
  };

  const chooseData = async (data: TrainConfig['data']): Promise<void> => {
    loader.forget();
    change({ data });
    await inspect();
  };

  const measure = async (): Promise<void> => {
    forgetMeasurement();
    const mine = new AbortController();
    measuring = mine;
    const put = (measurement: Measurement) => {
      if (measuring === mine) setState({ measurement });
    };
    put({ kind: 'running', detail: 'Starting' });
    try {
      const { config } = getState();
      const events = await engine.client().training.preflight({ config }, { signal: mine.signal });
      for await (const event of events) {
        if (event.kind === 'done') put({ kind: 'done', preflight: event.preflight });
        else if (event.kind === 'progress') put({ kind: 'running', detail: event.detail });
        else put({ kind: 'failed', failure: expected(event.error), savings: event.savings });
      }
    } catch (error) {
      if (!mine.signal.aborted) put({ kind: 'failed', failure: toFailure(error), savings: [] });
    }
  };

  return {
    store,
    change,
    inspect,
    measure,
    /** Begins with these parameters; without data where they name none. */
    open: (config: TrainConfig): void => {
      forgetMeasurement();
      loader.forget();
      setState(fresh(config));
      void inspect();
    },
    /** What runs in the background is not wanted any more. */
    close: (): void => {
      forgetMeasurement();
      loader.forget();
    },
    go: (step: WizardStep): void => {
      setState({ step, failure: null });
      if (step === 'review' && getState().measurement.kind === 'none') void measure();
    },
    chooseData,
    /** The sample, with parameters that suit its size. */
    chooseSample: async (sample: TrainConfig['data']): Promise<void> => {
      change(sampleParameters);
      await chooseData(sample);
    },
    /** A recipe or a method, with the rate that goes with it unless another one was entered. */
    chooseMethod: (part: Partial<Pick<TrainConfig, 'recipe' | 'method'>>): void => {
      const { config } = getState();
      const next = { ...config, ...part };
      const untouched = config.learningRate === usualRate(config);
      change(untouched ? { ...part, learningRate: usualRate(next) } : part);
    },
    /** Data of the user's own, with the parameters that are usual again. */
    leaveSample: (): void => {
      const { epochs, batch, microBatch, checkpoints } = defaultConfig('', 'Run');
      loader.forget();
      change({
        epochs,
        batch,
        microBatch,
        checkpoints,
        data: noData,
        learningRate: usualRate(getState().config),
      });
    },
    stopMeasuring: forgetMeasurement,
    /** Takes a proposed change over and measures again. */
    apply: async (saving: Saving['change']): Promise<void> => {
      setState(({ config }) => ({ config: trainConfigSchema.parse({ ...config, ...saving }) }));
      await measure();
    },
    /** The new run's id; null where it could not be started, which is said in the state. */
    start: async (): Promise<string | null> => {
      if (getState().starting) return null;
      if (getState().measurement.kind === 'running') forgetMeasurement();
      setState({ starting: true, failure: null });
      try {
        const { id } = await engine.client().training.start({ config: getState().config });
        setState({ starting: false });
        return id;
      } catch (error) {
        setState({ starting: false, failure: toFailure(error) });
        return null;
      }
    },
  };
}
export type WizardStore = ReturnType<typeof createWizardStore>;

/** What keeps a step from being left forwards, as a sentence; null where nothing does. */
export function obstacle({
  step,
  config,
  report,
}: Pick<WizardState, 'step' | 'config' | 'report'>): string | null {
  switch (step) {
    case 'model':
      if (config.modelId === '') return 'Choose a model.';
      return config.name.trim() === '' ? 'Give the run a name.' : null;
    case 'data':
      if (config.data.file === '') return 'Choose a data set.';
      if (config.data.media === '') return 'Choose the folder that the videos’ paths start from.';
      if (report.failure !== null) return 'The data set cannot be read.';
      if (report.value === null) return 'The data set is being read.';
      return report.value.examples === 0 ? 'There is no example in it that can be used.' : null;
    case 'method':
    case 'review':
      return null;
    default:
      return step satisfies never;
  }
}
