import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import type { InstallEvent, Run, TrainConfig, trainingInputs } from '../contract/training.ts';
import type { Library } from '../hub/library.ts';
import { readDataSet, reportOf } from '../runs/data-set.ts';
import { exportRun } from '../runs/export-run.ts';
import { installForms } from '../runs/install-forms.ts';
import { installRun } from '../runs/install-run.ts';
import { logOf, samplesOf, stepsFrom } from '../runs/progress-of.ts';
import type { RunManager } from '../runs/run-manager.ts';
import { type FindOriginals, fetchWords } from '../runs/weights-fetcher.ts';
import type { Folders } from '../store/folders.ts';
import type { Allowed } from './allowed.ts';
import { createChannel } from './channel.ts';
import { libtorchService } from './libtorch-service.ts';
import { never, pause } from './pause.ts';
import type { Procedures } from './procedures.ts';
import { anyOf } from './signals.ts';

export interface TrainingServiceOptions {
  readonly runs: RunManager;
  readonly originals: FindOriginals;
  readonly library: Library;
  readonly folders: Folders;
  readonly resourcesFolder: string;
  readonly allowed: Allowed;
  /** Runs `work` when no answer runs and every open model was let go of. */
  readonly whileIdle: (work: () => void) => Promise<void>;
}

/** Trainers tell nobody: their folders are looked at so often. */
const lookEveryMs = 500;
const sampleFile = 'sample-training.json';

/** `training`: runs, which have processes of their own and outlive this engine. */
export function trainingService(procedures: Procedures, options: TrainingServiceOptions) {
  const { training } = procedures;
  const { runs, originals, library, folders, resourcesFolder, allowed, whileIdle } = options;
  const sample = { file: join(resourcesFolder, sampleFile), media: resourcesFolder };

  /** What comes with the application may be read by anybody. */
  const checked = (data: TrainConfig['data']): TrainConfig['data'] =>
    data.file === sample.file && data.media === sample.media
      ? data
      : { file: allowed.path(data.file), media: allowed.path(data.media) };
  const checkedConfig = (config: TrainConfig): TrainConfig => ({ ...config, data: checked(config.data) });
  const needRuntime = async (): Promise<void> => {
    const { state, attempts, remedy, lacksLibtorch } = await runs.runtime();
    if (state === 'ready') return;
    throw new ExpectedError(
      'training_unavailable',
      lacksLibtorch
        ? 'Training needs libtorch, which cannot be loaded here.'
        : (attempts[0] ?? 'The training engine is not installed.'),
      remedy ?? 'Install the training engine.',
    );
  };

  async function* preflight(config: TrainConfig, signal: AbortSignal) {
    await needRuntime();
    const leaving = new AbortController();
    const said = createChannel<string>(() => leaving.abort());
    const either = anyOf(signal, leaving.signal);
    const found = originals(config, either.signal, (progress) => said.push(fetchWords(progress)));
    // Who waits for it below hears of it; nobody does who has left.
    found.catch(() => {}).finally(said.end);
    for await (const detail of said.events) yield { kind: 'progress' as const, detail };
    either.release();
    const work = runs.preflight(config, await found, signal);
    try {
      for (;;) {
        const { done, value } = await work.next();
        if (done === true) {
          yield value;
          return;
        }
        yield { kind: 'progress' as const, detail: value.detail };
      }
    } finally {
      await work.return(undefined as never);
    }
  }

  /** Who stops listening stops the making. */
  function install(input: z.infer<typeof trainingInputs.install>, signal: AbortSignal) {
    const { id, step, name, form } = input;
    const leaving = new AbortController();
    const said = createChannel<InstallEvent>(() => leaving.abort());
    const either = anyOf(signal, leaving.signal);
    const make = async (): Promise<void> => {
      const { data: dataFolder, models: modelsFolder } = folders;
      const folder = runs.folder(id);
      const modelId = await installRun({
        ...{ folder, step, name, dataFolder, modelsFolder, signal: either.signal },
        form: form ?? (await installForms(folder, step, modelsFolder))[0]!.form,
        onProgress: (detail, part) => said.push({ kind: 'progress', detail, part }),
      });
      // Another model may have had this place, and be open.
      await whileIdle(() => {});
      said.push({ kind: 'done', modelId });
    };
    void make().then(said.end, said.fail).finally(either.release);
    return said.events;
  }

  async function* watch(signal: AbortSignal | undefined): AsyncGenerator<Run[]> {
    let sent = '';
    while (!signal?.aborted) {
      const list = [...runs.list()];
      // That a trainer is there is no change.
      const text = JSON.stringify(list.map(({ updatedAt: _, ...run }) => run));
      if (text !== sent) yield list;
      sent = text;
      await pause(lookEveryMs, signal);
    }
  }

  return {
    ...libtorchService(procedures, { runs, library }),
    sample: training.sample.handler(() => (existsSync(sample.file) ? sample : null)),
    inspectData: training.inspectData.handler(async ({ input }) =>
      reportOf(await readDataSet(checked(input))),
    ),
    preflight: training.preflight.handler(({ input, signal = never }) =>
      preflight(checkedConfig(input.config), signal),
    ),
    start: training.start.handler(async ({ input, signal = never }) => {
      const config = checkedConfig(input.config);
      await needRuntime();
      return { id: await runs.start(config, signal) };
    }),
    watch: training.watch.handler(({ signal }) => watch(signal)),
    metrics: training.metrics.handler(({ input }) => [...stepsFrom(runs.folder(input.id), input.from)]),
    samples: training.samples.handler(({ input }) => [...samplesOf(runs.folder(input.id))]),
    log: training.log.handler(({ input }) => ({ text: logOf(runs.folder(input.id)) })),
    pause: training.pause.handler(({ input }) => {
      runs.pause(input.id);
      return {};
    }),
    resume: training.resume.handler(({ input }) => {
      runs.resume(input.id);
      return {};
    }),
    stop: training.stop.handler(({ input }) => {
      runs.stop(input.id);
      return {};
    }),
    delete: training.delete.handler(async ({ input }) => {
      await runs.delete(input.id);
      return {};
    }),
    installForms: training.installForms.handler(({ input }) =>
      installForms(runs.folder(input.id), input.step, folders.models),
    ),
    install: training.install.handler(({ input, signal = never }) => install(input, signal)),
    export: training.export.handler(async ({ input }) => {
      const { id, step, format, path } = input;
      const from = { folder: runs.folder(id), step, modelsFolder: folders.models };
      await exportRun(from, format, allowed.path(path));
      return {};
    }),
  };
}
