import { ExpectedError } from '../contract/errors.ts';
import type { CompareEvent } from '../contract/models.ts';
import type { Answerer, AnswerJob } from './answerer.ts';

export interface CompareJob extends Omit<AnswerJob, 'modelId'> {
  readonly modelIds: readonly string[];
}

/**
 * Asks one model after the other the same. Each is loaded when its turn comes, which frees the one before. A model that
 * fails as expected has a `failed` instead of its end, and the next one goes on. Ends early when it is stopped.
 */
export async function* compare(
  answerer: Pick<Answerer, 'plan' | 'answer'>,
  { modelIds, ...question }: CompareJob,
): AsyncGenerator<CompareEvent> {
  const { maxTokens } = question.sampling;
  for (const modelId of modelIds) {
    if (question.signal.aborted) return;
    try {
      const plan = await answerer.plan({ ...question, modelId, maxTokens });
      yield { type: 'plan', modelId, plan };
      for await (const event of answerer.answer({ ...question, modelId })) {
        yield { type: 'answer', modelId, event };
      }
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      if (error.code === 'cancelled') return;
      yield { type: 'failed', modelId, sentence: error.message, remedy: error.remedy };
    }
  }
}
