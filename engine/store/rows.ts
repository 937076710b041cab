import * as z from 'zod';
import { answerStatsSchema } from '../contract/ask.ts';
import { type ConversationSummary, type Message, messageSchema } from '../contract/conversations.ts';
import { expectedErrorSchema } from '../contract/errors.ts';
import { type Clip, type VideoInfo, videoInfoSchema } from '../contract/video.ts';
import type { Row } from './database.ts';
import { parsed } from './parsed.ts';

/** A conversation as it is kept: the video's path may have gone since. */
export interface StoredConversation extends ConversationSummary {
  readonly video: VideoInfo | null;
  readonly clip: Clip | null;
  readonly deleted: boolean;
}

const conversationRow = z.object({
  id: z.string(),
  title: z.string(),
  model_id: z.string(),
  clip_from: z.number().nullable(),
  clip_to: z.number().nullable(),
  created_at: z.number(),
  updated_at: z.number(),
  deleted_at: z.number().nullable(),
  video_info: z.string().nullable(),
});

export function summaryOf(row: Row, excerpt: string | null): ConversationSummary {
  const kept = conversationRow.parse(row);
  return {
    id: kept.id,
    title: kept.title,
    videoName: parsed(videoInfoSchema, kept.video_info)?.name ?? null,
    modelId: kept.model_id,
    createdAt: kept.created_at,
    updatedAt: kept.updated_at,
    excerpt,
  };
}

export function storedOf(row: Row): StoredConversation {
  const kept = conversationRow.parse(row);
  return {
    ...summaryOf(row, null),
    video: videoOf(kept.video_info),
    clip: kept.clip_from === null ? null : { from: kept.clip_from, to: kept.clip_to },
    deleted: kept.deleted_at !== null,
  };
}

export function videoOf(json: unknown): VideoInfo | null {
  return parsed(videoInfoSchema, json);
}

export function messageOf(row: Row): Message {
  return messageSchema.parse({
    id: row.id,
    role: row.role,
    text: row.text,
    createdAt: row.created_at,
    state: row.state,
    stats: parsed(answerStatsSchema, row.stats),
    error: parsed(expectedErrorSchema, row.error),
  });
}
