import { randomUUID } from 'node:crypto';
import type { AnswerStats } from '../contract/ask.ts';
import type { ConversationSummary, Message } from '../contract/conversations.ts';
import { ExpectedError, type ExpectedErrorData } from '../contract/errors.ts';
import type { Clip } from '../contract/video.ts';
import { isAlive } from './alive.ts';
import type { Database, Row } from './database.ts';
import { messageOf, type StoredConversation, storedOf, summaryOf } from './rows.ts';
import { searchFor } from './search.ts';

/** What a conversation's latest question was about. */
export interface Subject {
  readonly modelId: string;
  readonly videoId: string | null;
  readonly clip: Clip | null;
}

export interface AnswerRecord {
  readonly text: string;
  readonly state: 'streaming' | 'done' | 'stopped' | 'interrupted' | 'failed';
  readonly stats: AnswerStats | null;
  readonly error: ExpectedErrorData | null;
}

/** Conversations and their messages. Methods that take an id throw ExpectedError 'not_found' for one that is not kept. */
export interface ConversationStore {
  create(subject: Subject, title: string): string;
  /** 'not_found' for a deleted one too. */
  setSubject(id: string, subject: Subject): void;
  /** Keeps a question and, empty and streaming, its answer; both or neither. */
  addExchange(id: string, question: string): { readonly questionId: string; readonly answerId: string };
  /** Saving an answer that was removed meanwhile does nothing. */
  saveAnswer(answerId: string, answer: AnswerRecord): void;
  /**
   * Removes this message and what follows; an answer goes with its question, so that a question always comes next.
   * Returns the ids of the answers removed.
   */
  truncateFrom(id: string, messageId: string): readonly string[];
  /** A title the user chose; a new first question no longer changes it. */
  rename(id: string, title: string): void;
  retitle(id: string, title: string): void;
  remove(id: string): void;
  /** Undoes remove, until the next start of the engine a day later. */
  restore(id: string): void;
  /** Newest first. With words to search for: the conversations that hold them all, with an excerpt. */
  list(search: string): readonly ConversationSummary[];
  get(id: string): StoredConversation;
  messages(id: string): readonly Message[];
  /**
   * To be called once at start: answers that an engine left streaming when it died become 'interrupted', and
   * conversations deleted more than a day ago are gone for good. Answers of another living engine are left alone.
   */
  recover(): void;
}

const dayMs = 24 * 3600 * 1000;
/** A living engine saves its answer at least every few seconds; a longer silence means its number was given away. */
const silenceMs = 60_000;
const mostFound = 200;

const select = `SELECT c.*, v.info AS video_info FROM conversations c LEFT JOIN videos v ON v.id = c.video_id`;

export function createConversationStore(database: Database): ConversationStore {
  const find = (id: string): Row => {
    const row = database.get(`${select} WHERE c.id = ?`, id);
    if (!row) throw notFound();
    return row;
  };
  const change = (sql: string, ...values: readonly (string | number | null)[]): void => {
    if (database.run(sql, ...values) === 0) throw notFound();
  };
  const addMessage = (conversationId: string, role: Message['role'], text: string, state: string): string => {
    const id = randomUUID();
    const now = Date.now();
    database.run(
      `INSERT INTO messages (id, conversation_id, role, text, state, created_at, saved_at, engine_pid)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      conversationId,
      role,
      text,
      state,
      now,
      now,
      process.pid,
    );
    return id;
  };

  return {
    create(subject, title) {
      const id = randomUUID();
      const now = Date.now();
      database.run(
        `INSERT INTO conversations (id, title, model_id, video_id, clip_from, clip_to, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        title,
        subject.modelId,
        subject.videoId,
        subject.clip?.from ?? null,
        subject.clip?.to ?? null,
        now,
        now,
      );
      return id;
    },
    setSubject: (id, subject) =>
      change(
        `UPDATE conversations SET model_id = ?, video_id = ?, clip_from = ?, clip_to = ?
         WHERE id = ? AND deleted_at IS NULL`,
        subject.modelId,
        subject.videoId,
        subject.clip?.from ?? null,
        subject.clip?.to ?? null,
        id,
      ),
    addExchange: (id, question) =>
      database.transaction(() => {
        change('UPDATE conversations SET updated_at = ? WHERE id = ?', Date.now(), id);
        const questionId = addMessage(id, 'user', question, 'done');
        return { questionId, answerId: addMessage(id, 'assistant', '', 'streaming') };
      }),
    saveAnswer(answerId, { text, state, stats, error }) {
      database.run(
        'UPDATE messages SET text = ?, state = ?, stats = ?, error = ?, saved_at = ? WHERE id = ?',
        text,
        state,
        stats && JSON.stringify(stats),
        error && JSON.stringify(error),
        Date.now(),
        answerId,
      );
    },
    truncateFrom: (id, messageId) =>
      database.transaction(() => {
        const from = database.get(
          `SELECT MAX(number) AS number FROM messages WHERE conversation_id = ?1 AND role = 'user' AND number <=
             (SELECT number FROM messages WHERE id = ?2 AND conversation_id = ?1)`,
          id,
          messageId,
        );
        if (typeof from?.number !== 'number') throw notFound('message');
        const gone = database.all(
          `DELETE FROM messages WHERE conversation_id = ? AND number >= ? RETURNING id, role`,
          id,
          from.number,
        );
        return gone.filter((row) => row.role === 'assistant').map((row) => String(row.id));
      }),
    rename: (id, title) => change('UPDATE conversations SET title = ?, renamed = 1 WHERE id = ?', title, id),
    retitle(id, title) {
      database.run('UPDATE conversations SET title = ? WHERE id = ? AND renamed = 0', title, id);
    },
    remove: (id) => change('UPDATE conversations SET deleted_at = ? WHERE id = ?', Date.now(), id),
    restore: (id) => change('UPDATE conversations SET deleted_at = NULL WHERE id = ?', id),
    list(query) {
      const search = searchFor(query, database);
      const rows = database.all(
        `${select} WHERE c.deleted_at IS NULL ${search ? `AND ${search.where}` : ''}
         ORDER BY c.updated_at DESC, c.number DESC ${search ? `LIMIT ${mostFound}` : ''}`,
        ...(search?.values ?? []),
      );
      return rows.map((row) => {
        const summary = summaryOf(row, null);
        return search ? { ...summary, excerpt: search.excerpt(summary.id) ?? summary.title } : summary;
      });
    },
    get: (id) => storedOf(find(id)),
    messages: (id) =>
      database.all('SELECT * FROM messages WHERE conversation_id = ? ORDER BY number', id).map(messageOf),
    recover() {
      for (const row of database.all(
        "SELECT id, engine_pid, saved_at FROM messages WHERE state = 'streaming'",
      )) {
        const silent = Date.now() - Number(row.saved_at) > silenceMs;
        if (!silent && Number(row.engine_pid) !== process.pid && isAlive(Number(row.engine_pid))) continue;
        database.run("UPDATE messages SET state = 'interrupted' WHERE id = ?", String(row.id));
      }
      database.run('DELETE FROM conversations WHERE deleted_at < ?', Date.now() - dayMs);
    },
  };
}

function notFound(what: 'conversation' | 'message' = 'conversation'): ExpectedError {
  return new ExpectedError(
    'not_found',
    `This ${what} is no longer kept.`,
    'Choose another one in the history.',
  );
}
