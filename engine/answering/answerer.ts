import type { AnswerEvent, AskPlan } from '../contract/ask.ts';
import { ExpectedError } from '../contract/errors.ts';
import type { ModelSummary } from '../contract/models.ts';
import type { Sampling } from '../contract/sampling.ts';
import type { Clip } from '../contract/video.ts';
import type { SpeedStore } from '../store/speeds.ts';
import type { ChatTurn } from '../text/prompt.ts';
import type { OpenedVideo } from '../video/open-video.ts';

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
  close(): Promise<void>;
}

export interface AnswererOptions {
  readonly modelsFolder: string;
  readonly cacheFolder: string;
  readonly speeds: SpeedStore;
}

/** No model can run yet: the list is empty and every question is refused with 'model_missing'. */
export function createAnswerer(_options: AnswererOptions): Answerer {
  const refuse = (modelId: string): never => {
    throw new ExpectedError(
      'model_missing',
      `The model ${modelId} is not installed.`,
      'Run the set-up again.',
    );
  };
  return {
    models: async () => [],
    warm: async (modelId) => refuse(modelId),
    plan: async ({ modelId }) => refuse(modelId),
    // biome-ignore lint/correctness/useYield: refuses before the first event.
    async *answer({ modelId }) {
      refuse(modelId);
    },
    close: async () => {},
  };
}
