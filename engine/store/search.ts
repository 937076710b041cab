import type { Database, SqlValue } from './database.ts';

/** A search as SQL: `where` narrows `conversations AS c`; every word must occur in its title or its messages. */
export interface Search {
  readonly where: string;
  readonly values: readonly SqlValue[];
  excerpt(conversationId: string): string | null;
}

const mostWords = 8;
/** Written without spaces between words, so that FTS5's word index finds only how a run of them begins. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Hangul}]/u;

interface Word {
  readonly indexed: boolean;
  /** An FTS5 phrase with a prefix star, or a LIKE pattern. Both are bound as values, never put into the SQL. */
  readonly pattern: string;
  readonly text: string;
}

function wordOf(text: string): Word {
  const indexed = /[\p{L}\p{N}]/u.test(text) && !unspaced.test(text);
  const pattern = indexed
    ? `"${text.replaceAll('"', '""')}"*`
    : `%${text.replaceAll(/[\\%_]/g, (special) => `\\${special}`)}%`;
  return { indexed, pattern, text };
}

/** Words match by their beginning, without regard to case and accents. Null for a query without any word. */
export function searchFor(query: string, database: Database): Search | null {
  const words = query
    .split(/\s+/u)
    .filter((text) => text !== '')
    .slice(0, mostWords)
    .map(wordOf);
  if (words.length === 0) return null;
  return {
    where: words.map((word) => `c.id IN (${word.indexed ? byIndex : byScan})`).join(' AND '),
    values: words.flatMap((word) => [word.pattern, word.pattern]),
    excerpt: (conversationId) => excerptOf(words, conversationId, database),
  };
}

const byIndex = `
  SELECT conversation_id FROM messages
    WHERE number IN (SELECT rowid FROM message_words WHERE message_words MATCH ?)
  UNION SELECT id FROM conversations
    WHERE number IN (SELECT rowid FROM title_words WHERE title_words MATCH ?)`;
const byScan = `
  SELECT conversation_id FROM messages WHERE text LIKE ? ESCAPE '\\'
  UNION SELECT id FROM conversations WHERE title LIKE ? ESCAPE '\\'`;

function excerptOf(words: readonly Word[], conversationId: string, database: Database): string | null {
  const indexed = words.filter((word) => word.indexed);
  if (indexed.length > 0) {
    const row = database.get(
      `SELECT snippet(message_words, 0, '', '', '…', 16) AS excerpt FROM message_words
       WHERE message_words MATCH ? AND rowid IN (SELECT number FROM messages WHERE conversation_id = ?)
       ORDER BY rank LIMIT 1`,
      indexed.map((word) => word.pattern).join(' OR '),
      conversationId,
    );
    if (row) return oneLine(String(row.excerpt));
  }
  for (const word of words.filter((each) => !each.indexed)) {
    const row = database.get(
      `SELECT text FROM messages WHERE conversation_id = ? AND text LIKE ? ESCAPE '\\' ORDER BY number LIMIT 1`,
      conversationId,
      word.pattern,
    );
    if (row) return around(String(row.text), word.text);
  }
  return null;
}

function around(text: string, found: string): string {
  const reach = 40;
  const at = Math.max(0, text.toLowerCase().indexOf(found.toLowerCase()));
  const from = Math.max(0, at - reach);
  const to = at + found.length + reach;
  return oneLine(`${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`);
}

const oneLine = (text: string): string => text.replaceAll(/\s+/gu, ' ').trim();
