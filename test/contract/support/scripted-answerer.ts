import { setTimeout as pause } from 'node:timers/promises';
import type { Answerer, AnswerJob } from '../../../engine/answering/answerer.ts';
import type { AnswerEvent, AnswerStats, AskPlan } from '../../../engine/contract/ask.ts';
import { ExpectedError } from '../../../engine/contract/errors.ts';
import type { ModelSummary } from '../../../engine/contract/models.ts';

const model: ModelSummary = {
  id: 'scripted',
  name: 'Scripted',
  description: 'Says what its question asks for.',
  demonstration: true,
  notice: 'for tests',
  contextLength: 2048,
  adapterOf: null,
  visualTokens: 8,
  encoders: [{ id: 'eye', name: 'Eye', frames: 2, visualTokens: 8 }],
  parts: [],
  bytes: 1000,
  ownBytes: 1000,
  problem: null,
  memory: { weights: 1000, perToken: 1, perFrame: { eye: 1 }, base: 1000 },
  speed: null,
};

/**
 * An answer path whose model follows a script, so that everything around it can be tested. The question decides:
 * "count 5": "1 2 3 4 5 "; "endless": numbers until it is stopped; "turns": what it was told, as JSON;
 * "slow to stop": notices a stop half a second late; "refuse": an expected error; "bug": a bug; else one sentence.
 */
export function scriptedAnswerer(): Answerer {
  const known = (id: string): void => {
    if (id !== model.id)
      throw new ExpectedError('model_missing', `There is no model ${id}.`, 'Choose another.');
  };
  return {
    models: async () => [model],
    warm: async (id) => known(id),
    async plan({ modelId, video, turns }): Promise<AskPlan> {
      known(modelId);
      const prompt = turns.reduce((sum, turn) => sum + turn.text.length, 0);
      return {
        encoders: framesOf(video),
        tokens: { visual: video ? 8 : 0, prompt, contextLength: 2048, contextLeft: 2048 - prompt },
        featuresCached: false,
        seconds: null,
        warnings: [],
      };
    },
    async *answer(job) {
      known(job.modelId);
      yield* play(job);
    },
    release: async () => {},
    close: async () => {},
  };
}

async function* play({ video, turns, sampling, signal }: AnswerJob): AsyncGenerator<AnswerEvent> {
  const question = turns.at(-1)?.text ?? '';
  const started = Date.now();
  yield { type: 'loading', part: 'Scripted' };
  if (video) {
    yield { type: 'frames', encoders: framesOf(video), ms: 1 };
    yield { type: 'encoder', encoder: 'eye', done: 1, total: 2, cached: false, ms: 1 };
    yield { type: 'encoder', encoder: 'eye', done: 2, total: 2, cached: false, ms: 2 };
  }
  yield { type: 'prompt', visual: 8, tokens: 20, cached: 0 };
  yield { type: 'prefill', done: 20, total: 20 };
  if (question === 'refuse') throw new ExpectedError('context_full', 'The prompt is too long.', 'Ask less.');

  let text = '';
  let generated = 0;
  for (const piece of piecesFor(question, turns)) {
    await pause(question === 'endless' || question === 'slow to stop' ? 20 : 1);
    if (signal.aborted || generated >= sampling.maxTokens) break;
    if (question === 'bug' && generated === 1) throw new TypeError('secret inner detail');
    text += piece;
    generated++;
    yield { type: 'token', text: piece, generated };
  }
  if (question === 'slow to stop') await pause(500);
  const finish = signal.aborted ? 'cancelled' : generated >= sampling.maxTokens ? 'length' : 'stop';
  const stats: AnswerStats = {
    model: model.id,
    frames: framesOf(video),
    tokens: { visual: video ? 8 : 0, prompt: 20, cached: 0, generated },
    ms: { decode: 1, encode: 2, prefill: 3, generate: 4, total: Date.now() - started },
    finish,
    seed: sampling.seed ?? 7,
    mixing: null,
    warnings: [],
  };
  yield { type: 'done', text, stats };
}

function* piecesFor(question: string, turns: AnswerJob['turns']): Generator<string> {
  const count = /^count (\d+)$/.exec(question);
  if (count) for (let each = 1; each <= Number(count[1]); each++) yield `${each} `;
  else if (question === 'endless' || question === 'slow to stop')
    for (let each = 1; ; each++) yield `${each} `;
  else if (question === 'turns') yield JSON.stringify(turns);
  else yield* ['A ', 'short ', 'answer ', '🐶', '.'];
}

function framesOf(video: AnswerJob['video']): AskPlan['encoders'] {
  if (!video) return [];
  const last = video.info.frameCount - 1;
  return [
    {
      encoder: 'eye',
      frames: [
        { index: 0, seconds: 0 },
        { index: last, seconds: video.info.seconds },
      ],
    },
  ];
}
