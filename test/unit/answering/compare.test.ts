import { expect, it } from 'vitest';
import type { Answerer } from '../../../engine/answering/answerer.ts';
import { compare } from '../../../engine/answering/compare.ts';
import type { AnswerEvent, AskPlan } from '../../../engine/contract/ask.ts';
import { cancelled, ExpectedError } from '../../../engine/contract/errors.ts';
import { samplingSchema } from '../../../engine/contract/sampling.ts';

const plan: AskPlan = {
  encoders: [],
  tokens: { visual: 0, prompt: 3, contextLength: 9, contextLeft: 6 },
  featuresCached: false,
  seconds: null,
  warnings: [],
};

/** Each model says its own name; `broken` cannot be opened, `bug` has a fault. */
const answerer: Pick<Answerer, 'plan' | 'answer'> = {
  async plan({ modelId }) {
    if (modelId === 'broken') throw new ExpectedError('model_incomplete', 'A file is gone.', 'Repair it.');
    return plan;
  },
  async *answer({ modelId, signal }): AsyncGenerator<AnswerEvent> {
    yield { type: 'token', text: modelId, generated: 1 };
    if (modelId === 'bug') throw new TypeError('x is not a function');
    if (signal.aborted) throw cancelled();
  },
};

const job = (modelIds: readonly string[], signal: AbortSignal = new AbortController().signal) => ({
  ...{ modelIds, signal, video: null, clip: null, turns: [{ role: 'user', text: 'Who?' } as const] },
  sampling: samplingSchema.parse({}),
});

it('asks the next model after one that fails', async () => {
  const events = [];
  for await (const event of compare(answerer, job(['a', 'broken', 'b']))) events.push(event);
  expect(events.map(({ type, modelId }) => `${modelId} ${type}`)).toEqual([
    'a plan',
    'a answer',
    'broken failed',
    'b plan',
    'b answer',
  ]);
  expect(events[2]).toEqual({
    type: 'failed',
    modelId: 'broken',
    sentence: 'A file is gone.',
    remedy: 'Repair it.',
  });
});

it('ends with the answer in which it was stopped', async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { modelId } of compare(answerer, job(['a', 'b'], stop.signal))) {
    seen.push(modelId);
    if (seen.length === 2) stop.abort();
  }
  expect(seen).toEqual(['a', 'a']);
});

it('does not take a bug for a model that fails', async () => {
  const all = async () => {
    for await (const _ of compare(answerer, job(['bug', 'a'])));
  };
  await expect(all()).rejects.toThrow('x is not a function');
});
