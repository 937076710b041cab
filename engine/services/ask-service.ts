import type { Answerer } from '../answering/answerer.ts';
import { ExpectedError } from '../contract/errors.ts';
import type { ConversationStore } from '../store/conversations.ts';
import type { Database } from '../store/database.ts';
import type { AnswerRuns } from './answer-runs.ts';
import type { Procedures } from './procedures.ts';
import { messagesBefore, systemTurn, titleOf, turnsOf } from './transcript.ts';
import type { VideoRegistry } from './video-registry.ts';

export interface AskServiceOptions {
  readonly database: Database;
  readonly answerer: Answerer;
  readonly conversations: ConversationStore;
  readonly videos: VideoRegistry;
  readonly runs: AnswerRuns;
}

/** `ask`: what a question will cost, and the question itself, which is kept before anything runs. */
export function askService(
  { ask }: Procedures,
  { database, answerer, conversations, videos, runs }: AskServiceOptions,
) {
  return {
    plan: ask.plan.handler(async ({ input, signal = new AbortController().signal }) => {
      const { modelId, videoId, clip, conversationId, system, question, maxTokens, replaceFrom } = input;
      const earlier =
        conversationId === null ? [] : messagesBefore(conversations.messages(conversationId), replaceFrom);
      return answerer.plan({
        modelId,
        video: videoId === null ? null : await videos.get(videoId, signal),
        clip,
        turns: [...systemTurn(system), ...turnsOf(earlier), { role: 'user', text: question }],
        maxTokens,
        signal,
      });
    }),

    send: ask.send.handler(({ input, signal }) => {
      const { modelId, videoId, clip, system, question, sampling, replaceFrom } = input;
      const subject = { modelId, videoId, clip };
      if (videoId !== null && !videos.knows(videoId)) {
        throw new ExpectedError('not_found', 'This video was not opened here.', 'Open it first.');
      }
      const kept = database.transaction(() => {
        const id = input.conversationId ?? conversations.create(subject, titleOf(question));
        if (input.conversationId !== null) conversations.setSubject(id, subject);
        const removed = replaceFrom === null ? [] : conversations.truncateFrom(id, replaceFrom);
        if (conversations.messages(id).length === 0) conversations.retitle(id, titleOf(question));
        return { conversationId: id, removed, ...conversations.addExchange(id, question) };
      });
      runs.stop({ answerIds: kept.removed });
      return runs.start({ subject, system, sampling, question, ...kept }, signal);
    }),
  };
}
