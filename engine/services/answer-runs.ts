import type { Answerer } from '../answering/answerer.ts';
import type { AnswerStats, AskEvent } from '../contract/ask.ts';
import { cancelled, ExpectedError } from '../contract/errors.ts';
import type { Sampling } from '../contract/sampling.ts';
import type { ConversationStore, Subject } from '../store/conversations.ts';
import { takeNotes } from './answer-notes.ts';
import { type Channel, createChannel } from './channel.ts';
import { messagesBefore, systemTurn, turnsOf } from './transcript.ts';
import type { Turns } from './turns.ts';
import type { VideoRegistry } from './video-registry.ts';

export interface Run {
  readonly subject: Subject;
  readonly system: string | null;
  readonly sampling: Sampling;
  readonly conversationId: string;
  readonly question: string;
  readonly questionId: string;
  readonly answerId: string;
}

/** Answers under way: one at a time, the others wait. What has been said is in the store at any moment. */
export interface AnswerRuns {
  /** Starts or queues a run. It stops, and keeps what was said, when `signal` aborts or the reader leaves. */
  start(run: Run, signal: AbortSignal | undefined): AsyncIterableIterator<AskEvent>;
  /** Stops the runs of one conversation, or those whose answers were removed. */
  stop(which: { readonly conversationId: string } | { readonly answerIds: readonly string[] }): void;
  /** Stops all, marks them interrupted, resolves when none runs. */
  close(): Promise<void>;
}

interface Active {
  readonly run: Run;
  readonly abort: AbortController;
  readonly finished: Promise<void>;
}

export interface AnswerRunsOptions {
  readonly answerer: Answerer;
  readonly conversations: ConversationStore;
  readonly videos: VideoRegistry;
  readonly turns: Turns;
}

export function createAnswerRuns({ answerer, conversations, videos, turns }: AnswerRunsOptions): AnswerRuns {
  const active = new Set<Active>();
  let closing = false;

  async function* answer(run: Run, signal: AbortSignal, channel: Channel<AskEvent>) {
    const ahead = turns.answersAhead;
    if (ahead > 0) channel.push({ type: 'waiting', ahead });
    const giveBack = await turns.take('answer', signal);
    try {
      const { modelId, videoId, clip } = run.subject;
      const video = videoId === null ? null : await videos.get(videoId, signal);
      const before = messagesBefore(conversations.messages(run.conversationId), run.questionId);
      yield* answerer.answer({
        modelId,
        video,
        clip,
        turns: [...systemTurn(run.system), ...turnsOf(before), { role: 'user', text: run.question }],
        sampling: run.sampling,
        signal,
      });
    } finally {
      giveBack();
    }
  }

  async function carryOut(run: Run, abort: AbortController, channel: Channel<AskEvent>): Promise<void> {
    const notes = takeNotes(run.answerId, conversations, abort);
    // Kept at once: whoever stops an answer and then looks finds it stopped, however long the model takes to notice.
    const onAbort = (): void => notes.close(closing ? 'interrupted' : 'stopped', null);
    abort.signal.addEventListener('abort', onAbort, { once: true });
    try {
      let stats: AnswerStats | null = null;
      for await (const event of answer(run, abort.signal, channel)) {
        if (event.type === 'token') notes.add(event.text);
        if (event.type === 'done') {
          stats = event.stats;
          notes.replace(event.text);
        }
        channel.push(event);
      }
      if (stats === null)
        throw abort.signal.aborted ? cancelled() : new Error('The answer ended without an end.');
      const stopped = abort.signal.aborted || stats.finish === 'cancelled';
      notes.close(stopped ? (closing ? 'interrupted' : 'stopped') : 'done', stats);
      if (notes.failure !== null) throw notes.failure;
      channel.end();
    } catch (error) {
      const failure = notes.failure ?? error;
      const gone = notes.failure === null && (abort.signal.aborted || isCancelled(error));
      if (!gone) notes.fail(failure);
      channel.fail(gone ? cancelled() : failure);
    } finally {
      abort.signal.removeEventListener('abort', onAbort);
      notes.stopSaving();
    }
  }

  return {
    start(run, signal) {
      const abort = new AbortController();
      const stop = (): void => abort.abort();
      const channel = createChannel<AskEvent>(stop);
      signal?.addEventListener('abort', stop, { once: true });
      const { conversationId, questionId, answerId } = run;
      channel.push({ type: 'started', conversationId, questionId, answerId });
      const finished = carryOut(run, abort, channel).then(() => {
        signal?.removeEventListener('abort', stop);
        active.delete(entry);
      });
      const entry: Active = { run, abort, finished };
      active.add(entry);
      if (signal?.aborted || closing) stop();
      return channel.events;
    },
    stop(which) {
      for (const { run, abort } of active) {
        const meant =
          'answerIds' in which
            ? which.answerIds.includes(run.answerId)
            : which.conversationId === run.conversationId;
        if (meant) abort.abort();
      }
    },
    async close() {
      closing = true;
      const runs = [...active];
      for (const { abort } of runs) abort.abort();
      await Promise.all(runs.map((run) => run.finished));
    },
  };
}

const isCancelled = (error: unknown): boolean => error instanceof ExpectedError && error.code === 'cancelled';
