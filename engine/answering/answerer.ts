import { join } from 'node:path';
import type { AnswerEvent, AskPlan } from '../contract/ask.ts';
import { cancelled } from '../contract/errors.ts';
import type { ModelSummary } from '../contract/models.ts';
import type { Sampling } from '../contract/sampling.ts';
import type { Clip } from '../contract/video.ts';
import type { OpenGraph } from '../runtime/graph-session.ts';
import type { SpeedStore } from '../store/speeds.ts';
import type { ChatTurn } from '../text/prompt.ts';
import type { OpenedVideo } from '../video/video.ts';
import { answer } from './answer.ts';
import { estimate } from './estimate.ts';
import { FeatureCache } from './feature-cache.ts';
import { installedModels } from './installed-models.ts';
import { LoadedModel } from './loaded-model.ts';

export interface AnswerJob {
  readonly modelId: string;
  readonly video: OpenedVideo | null;
  readonly clip: Clip | null;
  /** The last one is the user's question. */
  readonly turns: readonly ChatTurn[];
  readonly sampling: Sampling;
  readonly signal: AbortSignal;
}

export interface PlanJob {
  readonly modelId: string;
  readonly video: OpenedVideo | null;
  readonly clip: Clip | null;
  readonly turns: readonly ChatTurn[];
  readonly maxTokens: number;
  readonly signal: AbortSignal;
}

export interface Answerer {
  models(): Promise<readonly ModelSummary[]>;
  warm(modelId: string, signal: AbortSignal): Promise<void>;
  plan(job: PlanJob): Promise<AskPlan>;
  /** Throws ExpectedError; when aborted it ends with a done event whose stats.finish is 'cancelled'. */
  answer(job: AnswerJob): AsyncGenerator<AnswerEvent>;
  /** Forgets what is loaded: files or providers have changed. Not while an answer runs. */
  release(): Promise<void>;
  close(): Promise<void>;
}

export interface AnswererOptions {
  /** Looked at anew whenever a model is opened: the models may be moved. */
  readonly modelsFolder: string;
  readonly cacheFolder: string;
  readonly speeds: SpeedStore;
  /** Decides where a part is computed. */
  readonly openGraph: OpenGraph;
}

/**
 * Answers with the models of one folder. The sessions of one model at a time are kept loaded. Calls of `answer` and
 * `warm` must follow one another; `plan` may come at any time.
 */
export function createAnswerer(options: AnswererOptions): Answerer {
  const { cacheFolder, speeds, openGraph } = options;
  const features = new FeatureCache(join(cacheFolder, 'features'));
  const opened = new Map<string, LoadedModel>();

  const open = async (id: string): Promise<LoadedModel> => {
    const known = opened.get(id) ?? (await LoadedModel.open(options.modelsFolder, id, openGraph));
    const model = opened.get(id) ?? known;
    opened.set(id, model);
    return model;
  };
  /** The model whose sessions may be loaded; those of the others are released first, but for encoders that it has too. */
  const take = async (id: string): Promise<LoadedModel> => {
    const model = await open(id);
    const others = [...opened.values()].filter((other) => other !== model);
    for (const { visual } of others) model.visual.takeOver(visual);
    await Promise.all(others.map((other) => other.release()));
    return model;
  };

  const release = async (): Promise<void> => {
    const models = [...opened.values()];
    opened.clear();
    await Promise.all(models.map((model) => model.release()));
  };

  return {
    models: () => installedModels(options.modelsFolder, speeds),
    async warm(modelId, signal) {
      const model = await take(modelId);
      if (signal.aborted) throw cancelled();
      await Promise.all([model.visual.warm(), model.text()]);
    },
    async plan(job) {
      return estimate(job, await open(job.modelId), { features, speeds });
    },
    async *answer(job) {
      yield* answer(job, { model: await take(job.modelId), features, speeds });
    },
    release,
    close: release,
  };
}
