import { ExpectedError } from '../contract/errors.ts';
import type { ConversationStore } from '../store/conversations.ts';
import type { StoredConversation } from '../store/rows.ts';
import type { AnswerRuns } from './answer-runs.ts';
import { exportConversation } from './export-conversation.ts';
import type { Procedures } from './procedures.ts';
import type { VideoRegistry } from './video-registry.ts';

export interface ConversationServiceOptions {
  readonly conversations: ConversationStore;
  readonly videos: VideoRegistry;
  readonly runs: AnswerRuns;
}

/** `conversations`: the history. */
export function conversationService(
  { conversations: procedures }: Procedures,
  { conversations, videos, runs }: ConversationServiceOptions,
) {
  const present = (id: string): StoredConversation => {
    const conversation = conversations.get(id);
    if (conversation.deleted) {
      throw new ExpectedError('not_found', 'This conversation was deleted.', 'Undo the deletion to see it.');
    }
    return conversation;
  };
  const full = async (id: string, signal: AbortSignal | undefined) => {
    const { deleted: _, ...conversation } = present(id);
    const seen = conversation.video && (await videos.look(conversation.video, signal));
    return {
      ...conversation,
      video: seen?.info ?? null,
      videoMissing: seen?.missing ?? false,
      messages: [...conversations.messages(id)],
    };
  };

  return {
    list: procedures.list.handler(({ input }) => [...conversations.list(input.search)]),
    get: procedures.get.handler(({ input, signal }) => full(input.id, signal)),
    rename: procedures.rename.handler(({ input }) => {
      conversations.rename(input.id, input.title.trim() || 'Untitled');
      return {};
    }),
    delete: procedures.delete.handler(({ input }) => {
      conversations.remove(input.id);
      runs.stop({ conversationId: input.id });
      return {};
    }),
    restore: procedures.restore.handler(({ input }) => {
      conversations.restore(input.id);
      return {};
    }),
    export: procedures.export.handler(async ({ input, signal }) =>
      exportConversation(await full(input.id, signal), input.format),
    ),
  };
}
