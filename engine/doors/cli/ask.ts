import { resolve } from 'node:path';
import type { AnswerStats, AskEvent } from '../../contract/ask.ts';
import { ExpectedError } from '../../contract/errors.ts';
import type { EngineClient } from '../in-process.ts';
import type { AskFlags } from './flags.ts';
import { createProgress, type Progress, type Terminal } from './terminal.ts';

export interface AskOptions extends AskFlags {
  /** As typed: relative to the folder one works in. null: the sample clip. */
  readonly video: string | null;
  readonly question: string | null;
}

const defaultQuestion = 'What is in this video?';
const timeToStopMs = 3000;

/** Asks one question; the answer streams to stdout, progress goes to stderr. Throws ExpectedError. */
export async function ask(client: EngineClient, options: AskOptions, terminal: Terminal): Promise<void> {
  const { signal } = terminal;
  const progress = createProgress(terminal);
  const path = options.video === null ? (await client.system.info()).samplePath : resolve(options.video);
  if (path === null) {
    throw new ExpectedError(
      'file_missing',
      'The sample clip is not installed.',
      'Name a video: merv ask <video>.',
    );
  }
  const modelId = await modelFor(client, options.modelId);
  progress.step(`Opening ${path}`);
  const video = await client.video.open({ path }, { signal });
  for (const warning of video.warnings) progress.line(`Note: ${warning}`);

  const events = await client.ask.send(
    {
      modelId,
      videoId: video.id,
      clip: options.clip,
      conversationId: null,
      system: options.system,
      question: options.question ?? defaultQuestion,
      sampling: options.sampling,
    },
    { signal },
  );

  let wrote = false;
  for await (const event of untilStopped(events, signal)) {
    if (event.type === 'token' && !options.json) {
      progress.clear();
      terminal.out(event.text);
      wrote = true;
    } else if (event.type === 'done') {
      progress.clear();
      if (wrote) terminal.out('\n');
      report(event.stats, progress);
      if (options.json) terminal.out(`${JSON.stringify(resultOf(event.text, event.stats))}\n`);
    } else {
      const step = stepOf(event);
      if (step?.finished) progress.line(step.text);
      else if (step) progress.step(step.text);
    }
  }
}

async function modelFor(client: EngineClient, asked: string | null): Promise<string> {
  const models = await client.models.list();
  const ids = models.map(({ id }) => id);
  if (asked !== null && ids.includes(asked)) return asked;
  if (asked !== null) {
    throw new ExpectedError(
      'model_missing',
      `There is no model ${asked}.`,
      ids.length > 0
        ? `Installed: ${ids.join(', ')}.`
        : 'Run `npm start` once with a network to fetch the starter model.',
    );
  }
  if (ids[0] !== undefined) return ids[0];
  throw new ExpectedError(
    'model_missing',
    'No model is installed.',
    'Run `npm start` once with a network to fetch the starter model.',
  );
}

/** The events; after a stop only for as long as a well-behaved answer needs to end. */
async function* untilStopped(events: AsyncIterator<AskEvent>, signal: AbortSignal): AsyncGenerator<AskEvent> {
  const overdue = new Promise<IteratorResult<AskEvent>>((resolve) => {
    const wait = (): void => {
      setTimeout(() => resolve({ done: true, value: undefined }), timeToStopMs).unref();
    };
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
  });
  for (;;) {
    const { done, value } = await Promise.race([events.next(), overdue]);
    if (done) return;
    yield value;
  }
}

/** A step for the user to see, under way or finished; null for events that are no step. */
function stepOf(event: AskEvent): { readonly text: string; readonly finished: boolean } | null {
  const underWay = (text: string) => ({ text, finished: false });
  const finished = (text: string) => ({ text, finished: true });
  switch (event.type) {
    case 'waiting':
      return underWay('Waiting for another answer');
    case 'loading':
      return underWay(`Loading ${event.part}`);
    case 'frames': {
      const indexes = event.encoders.flatMap(({ frames }) => frames.map(({ index }) => index));
      return finished(`Frames: ${new Set(indexes).size} in ${Math.round(event.ms)} ms`);
    }
    case 'encoder':
      if (event.done < event.total) return underWay(`${event.encoder}: ${event.done} of ${event.total}`);
      return finished(
        `${event.encoder}: ${event.cached ? 'kept from before' : `${Math.round(event.ms)} ms`}`,
      );
    case 'prompt':
      return finished(`Prompt: ${event.tokens} tokens, ${event.visual} of them visual`);
    case 'prefill':
      return underWay(`Reading the prompt: ${event.done} of ${event.total}`);
    case 'started':
    case 'token':
    case 'done':
      return null;
    default:
      return event satisfies never;
  }
}

function report({ tokens, ms, finish, mixing, warnings }: AnswerStats, progress: Progress): void {
  for (const warning of warnings) progress.line(`Note: ${warning}`);
  if (mixing !== null) {
    const shares = mixing.map(({ encoder, weight }) => `${encoder} ${(100 * weight).toFixed(0)} %`);
    progress.line(`Of each encoder: ${shares.join(', ')}`);
  }
  const rate =
    tokens.generated > 0 && ms.generate > 0
      ? `, ${((tokens.generated * 1000) / ms.generate).toFixed(1)} tokens/s`
      : '';
  const ending = finish === 'length' ? ' (the longest answer allowed; see --max-tokens)' : '';
  progress.line(`${tokens.generated} tokens in ${(ms.total / 1000).toFixed(1)} s${rate}${ending}`);
}

/** The object that --json prints. */
function resultOf(answer: string, { model, frames, tokens, ms, mixing, warnings }: AnswerStats) {
  return {
    answer,
    model,
    frames: frames.flatMap(({ encoder, frames: seen }) =>
      seen.map(({ index, seconds }) => ({ encoder, index, seconds })),
    ),
    tokens: { visual: tokens.visual, prompt: tokens.prompt, generated: tokens.generated },
    ms,
    mixing,
    warnings,
  };
}
