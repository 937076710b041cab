import type { Implementer, ORPCError } from '@orpc/server';
import type { contract } from '../../../../engine/contract/contract.ts';
import type { ExpectedErrorData } from '../../../../engine/contract/errors.ts';
import type { TrainingRuntime } from '../../../../engine/contract/libtorch.ts';
import type {
  DataReport,
  Preflight,
  Run,
  RunSample,
  RunStep,
  TrainConfig,
} from '../../../../engine/contract/training.ts';
import { libtorchRouter, readyRuntime } from './scripted-libtorch.ts';
import type { ManagerScript } from './scripted-manager.ts';
import { scriptedModel } from './scripted-model.ts';

/** What the scripted engine knows of training. Runs of their own go on while an engine is dead, as trainers do. */
export interface TrainingScript {
  runtime: TrainingRuntime;
  sample: TrainConfig['data'] | null;
  report: DataReport;
  preflight: (config: TrainConfig) => Preflight;
  runs: readonly Run[];
  readonly steps: Map<string, readonly RunStep[]>;
  readonly samples: Map<string, readonly RunSample[]>;
  log: string;
  /** How long a step takes; null leaves runs as they are. */
  stepMs: number | null;
}

const nothingMeasured = (): Preflight => {
  throw new Error('The script has no preflight.');
};

export function newTrainingScript(): TrainingScript {
  return {
    runtime: readyRuntime,
    sample: { file: '/resources/sample-training.json', media: '/resources' },
    report: { examples: 48, withVideo: 48, withImage: 0, textOnly: 0, problems: [], problemCount: 0 },
    preflight: nothingMeasured,
    runs: [],
    steps: new Map(),
    samples: new Map(),
    log: '',
    stepMs: 20,
  };
}

let ids = 0;

export function scriptedRun(config: TrainConfig, part: Partial<Run> = {}): Run {
  ids += 1;
  return {
    id: `run-${ids}`,
    folder: `/data/runs/run-${ids}`,
    config,
    state: 'queued',
    detail: 'Waiting for its turn',
    prepared: null,
    step: 0,
    steps: null,
    loss: null,
    best: null,
    secondsPerStep: null,
    secondsLeft: null,
    memoryBytes: null,
    checkpoints: [],
    error: null,
    savings: [],
    notes: [],
    createdAt: Date.now(),
    updatedAt: Date.now(),
    ...part,
  };
}

/** One step of a run that learns; the noise is the same each time. */
export function scriptedStep(step: number, steps: number, encoders: number, evaluated = false): RunStep {
  const noise = Math.sin(step * 12.9898) * 0.5 + Math.sin(step * 4.137) * 0.5;
  const loss = 0.4 + 2.6 * Math.exp(-step / (steps / 4)) + 0.16 * noise;
  const share = 0.5 + 0.3 * (step / steps);
  return {
    step,
    loss,
    lr: 5e-4 * Math.min(1, step / (steps * 0.03)) * 0.5 * (1 + Math.cos((Math.PI * step) / steps)),
    gradNorm: 0.9 + 0.5 * Math.abs(noise) + Math.exp(-step / 20),
    ms: 410 + 40 * noise,
    lossTokens: 36,
    tokens: 240,
    memoryBytes: 1_400_000_000 + 2_000_000 * noise,
    mixing:
      encoders === 2
        ? [share, 1 - share]
        : Array.from({ length: encoders }, (_, i) => (i === 0 ? share : (1 - share) / (encoders - 1))),
    evalLoss: evaluated ? 0.55 + 2.4 * Math.exp(-step / (steps / 4)) : null,
  };
}

interface Tools {
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  expected(data: ExpectedErrorData): ORPCError<string, ExpectedErrorData>;
}
type Base = Implementer<typeof contract, Record<never, never>, Record<never, never>>;
interface Scripts {
  models: readonly (typeof scriptedModel)[];
  readonly manager: ManagerScript;
  readonly training: TrainingScript;
}

/** The procedures of training. */
export function trainingRouter(base: Base, script: Scripts, { wait, expected }: Tools) {
  const { training, manager } = script;
  const called = async (name: string, input: unknown = null): Promise<void> => {
    manager.calls.push({ name, input });
    await wait(0);
    const failure = manager.failures.get(name);
    if (failure) throw expected(failure);
  };
  const find = (id: string): Run => {
    const run = training.runs.find((each) => each.id === id);
    if (run) return run;
    throw expected({ code: 'not_found', sentence: `There is no run ${id}.`, remedy: 'Choose another.' });
  };
  const change = (id: string, part: Partial<Run>): void => {
    training.runs = training.runs.map((run) => (run.id === id ? { ...run, ...part } : run));
  };
  /** Not ended by the engine's death, therefore no `wait`. */
  const train = async (id: string): Promise<void> => {
    const total = 60;
    change(id, { state: 'running', steps: total });
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, training.stepMs ?? 0));
      const run = training.runs.find((each) => each.id === id);
      if (run?.state !== 'running') return;
      const step = run.step + 1;
      const saved = step % 20 === 0;
      const record = scriptedStep(step, total, 2, saved);
      training.steps.set(id, [...(training.steps.get(id) ?? []), record]);
      const checkpoint = { step, evalLoss: record.evalLoss, bytes: 4_000_000 };
      change(id, {
        step,
        loss: record.loss,
        detail: `Step ${step} of ${total}`,
        secondsPerStep: 0.4,
        secondsLeft: (total - step) * 0.4,
        ...(saved ? { checkpoints: [...run.checkpoints, checkpoint] } : {}),
        ...(step === total ? { state: 'done' as const, detail: 'Done', secondsLeft: null } : {}),
      });
      if (step === total) return;
    }
  };

  return {
    training: {
      runtime: base.training.runtime.handler(async () => {
        await called('training.runtime');
        return training.runtime;
      }),
      libtorch: libtorchRouter(base, script, called, wait),
      sample: base.training.sample.handler(async () => training.sample),
      inspectData: base.training.inspectData.handler(async ({ input }) => {
        await called('training.inspectData', input);
        return training.report;
      }),
      preflight: base.training.preflight.handler(async function* ({ input, signal }) {
        await called('training.preflight', input.config);
        for (const detail of ['Encoding clip 1 of 3', 'Running the largest batch']) {
          yield { kind: 'progress' as const, detail };
          await wait((training.stepMs ?? 0) * 10, signal);
        }
        yield { kind: 'done' as const, preflight: training.preflight(input.config) };
      }),
      start: base.training.start.handler(async ({ input }) => {
        await called('training.start', input.config);
        const run = scriptedRun(input.config);
        training.runs = [run, ...training.runs];
        if (training.stepMs !== null) void train(run.id);
        return { id: run.id };
      }),
      watch: base.training.watch.handler(async function* ({ signal }) {
        for (let sent: readonly Run[] | null = null; ; ) {
          if (sent !== training.runs) yield [...training.runs];
          sent = training.runs;
          await wait(100, signal);
        }
      }),
      metrics: base.training.metrics.handler(async ({ input }) => {
        await called('training.metrics', input);
        return (training.steps.get(input.id) ?? []).slice(input.from);
      }),
      samples: base.training.samples.handler(async ({ input }) => {
        await called('training.samples', input);
        return [...(training.samples.get(input.id) ?? [])];
      }),
      log: base.training.log.handler(async () => ({ text: training.log })),
      pause: base.training.pause.handler(async ({ input }) => {
        await called('training.pause', input);
        change(input.id, { state: 'paused', detail: `Paused at step ${find(input.id).step}` });
        return {};
      }),
      resume: base.training.resume.handler(async ({ input }) => {
        await called('training.resume', input);
        change(input.id, { error: null });
        if (training.stepMs !== null) void train(input.id);
        return {};
      }),
      stop: base.training.stop.handler(async ({ input }) => {
        await called('training.stop', input);
        change(input.id, { state: 'done', detail: `Stopped at step ${find(input.id).step}` });
        return {};
      }),
      delete: base.training.delete.handler(async ({ input }) => {
        await called('training.delete', input);
        find(input.id);
        training.runs = training.runs.filter((run) => run.id !== input.id);
        return {};
      }),
      installForms: base.training.installForms.handler(() => [
        { form: 'adapter', bytes: 3_900_000 },
        { form: 'merged', bytes: 216_000_000 },
      ]),
      install: base.training.install.handler(async function* ({ input }) {
        await called('training.install', input);
        yield { kind: 'progress', detail: 'Writing the language model', part: 0.25 };
        await wait((training.stepMs ?? 0) * 10);
        const modelId = `trained-${input.step}`;
        script.models = [
          ...script.models,
          {
            ...{ ...scriptedModel, id: modelId, name: input.name },
            adapterOf: input.form === 'adapter' ? scriptedModel.id : null,
          },
        ];
        yield { kind: 'done', modelId };
      }),
      export: base.training.export.handler(async ({ input }) => {
        await called('training.export', input);
        return {};
      }),
    },
  };
}
