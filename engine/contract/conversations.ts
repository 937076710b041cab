import * as z from 'zod';
import { answerStatsSchema } from './ask.ts';
import { expectedErrorSchema } from './errors.ts';
import { clipSchema, videoInfoSchema } from './video.ts';

export const messageSchema = z.discriminatedUnion('role', [
  z.object({ role: z.literal('user'), id: z.string(), text: z.string(), createdAt: z.number() }),
  z.object({
    role: z.literal('assistant'),
    id: z.string(),
    text: z.string(),
    createdAt: z.number(),
    /** interrupted: the engine stopped in the middle; what had been said by then is kept. */
    state: z.enum(['streaming', 'done', 'stopped', 'interrupted', 'failed']),
    stats: answerStatsSchema.nullable(),
    error: expectedErrorSchema.nullable(),
  }),
]);
export type Message = z.infer<typeof messageSchema>;

export const conversationSummarySchema = z.object({
  id: z.string(),
  title: z.string(),
  videoName: z.string().nullable(),
  modelId: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
  /** Where a search found its words; null without a search. */
  excerpt: z.string().nullable(),
});
export type ConversationSummary = z.infer<typeof conversationSummarySchema>;

export const conversationSchema = conversationSummarySchema.extend({
  /** Null for a text-only conversation; videoMissing tells a moved or deleted file. */
  video: videoInfoSchema.nullable(),
  videoMissing: z.boolean(),
  clip: clipSchema.nullable(),
  messages: z.array(messageSchema),
});
export type Conversation = z.infer<typeof conversationSchema>;
