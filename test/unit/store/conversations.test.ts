import { spawn } from 'node:child_process';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ConversationStore, createConversationStore } from '../../../engine/store/conversations.ts';
import { type Database, openMemoryDatabase } from '../../../engine/store/database.ts';

let database: Database;
let store: ConversationStore;
beforeEach(() => {
  database = openMemoryDatabase();
  store = createConversationStore(database);
});

const subject = { modelId: 'm', videoId: null, clip: { from: 1.5, to: null } };
const done = { state: 'done', stats: null, error: null } as const;

function conversation(title: string, ...exchanges: readonly (readonly [string, string])[]): string {
  const id = store.create(subject, title);
  for (const [question, answer] of exchanges) {
    store.saveAnswer(store.addExchange(id, question).answerId, { text: answer, ...done });
  }
  return id;
}
const found = (query: string): readonly string[] => store.list(query).map((each) => each.title);

describe('search', () => {
  it('finds words by their beginning, in any message or the title, without regard to case and accents', () => {
    conversation('Holiday', ['What is this?', 'A small Café beside the beach, with two dogs.']);
    conversation('Kitchen', ['Where is the cup?', 'On the table.']);
    expect(found('cafe')).toEqual(['Holiday']);
    expect(found('DOG bea')).toEqual(['Holiday']);
    expect(found('holi dog')).toEqual(['Holiday']);
    expect(found('kit')).toEqual(['Kitchen']);
    expect(found('dog table')).toEqual([]);
    expect(store.list('dogs')[0]?.excerpt).toContain('two dogs');
    expect(store.list('kitchen')[0]?.excerpt).toBe('Kitchen');
    expect(store.list('')[0]?.excerpt).toBeNull();
  });

  it('follows renames, truncation and changed answers', () => {
    const id = conversation('Old', ['first zebra', 'one'], ['second giraffe', 'two']);
    store.rename(id, 'New name');
    expect(found('old')).toEqual([]);
    expect(found('name')).toEqual(['New name']);
    store.truncateFrom(id, store.messages(id)[2]!.id);
    expect(found('giraffe')).toEqual([]);
    expect(found('zebra')).toHaveLength(1);
  });

  it('finds Chinese and Japanese inside a run of characters, and symbols', () => {
    conversation('夏', ['この動画には何が映っていますか', '海辺に犬が二匹います 🐶 100%_sure']);
    for (const query of ['動画', '犬が', '🐶', '%', '_sure', '100%']) expect(found(query)).toHaveLength(1);
    expect(store.list('犬')[0]?.excerpt).toContain('犬');
    expect(found('猫')).toEqual([]);
    expect(found('🐱')).toEqual([]);
  });

  it.each([
    '"',
    "'",
    '*',
    'NEAR(',
    'a AND',
    'text:x',
    '-',
    '^',
    '"a" OR "b',
    "'; DROP TABLE messages; --",
    '\\',
    '\0',
    '𞤀',
  ])('is safe with %j', (query) => {
    conversation('T', ['question', 'answer']);
    expect(() => store.list(query)).not.toThrow();
    expect(store.list('')).toHaveLength(1);
  });
});

describe('a conversation', () => {
  it('comes newest first, by its last question', () => {
    const first = conversation('First', ['a', 'b']);
    conversation('Second', ['a', 'b']);
    expect(found('')).toEqual(['Second', 'First']);
    database.run('UPDATE conversations SET updated_at = updated_at - 10');
    store.addExchange(first, 'again');
    expect(found('')).toEqual(['First', 'Second']);
  });

  it('removes an answer together with its question', () => {
    const id = conversation('T', ['q1', 'a1'], ['q2', 'a2']);
    const [, , , secondAnswer] = store.messages(id);
    expect(store.truncateFrom(id, secondAnswer!.id)).toEqual([secondAnswer!.id]);
    expect(store.messages(id).map((message) => message.text)).toEqual(['q1', 'a1']);
    expect(() => store.truncateFrom(id, secondAnswer!.id)).toThrowError(/no longer kept/);
    const other = conversation('U', ['x', 'y']);
    expect(() => store.truncateFrom(id, store.messages(other)[0]!.id)).toThrowError(/no longer kept/);
  });

  it('keeps the title the user chose', () => {
    const id = conversation('Given');
    store.retitle(id, 'Given again');
    store.rename(id, 'Chosen');
    store.retitle(id, 'Overwritten');
    expect(found('')).toEqual(['Chosen']);
  });

  it('is gone a day after it was deleted, and comes back before', () => {
    const id = conversation('T', ['q', 'a']);
    store.remove(id);
    expect(found('')).toEqual([]);
    expect(found('q')).toEqual([]);
    store.recover();
    store.restore(id);
    expect(found('')).toEqual(['T']);
    store.remove(id);
    database.run('UPDATE conversations SET deleted_at = deleted_at - 86400001');
    store.recover();
    expect(() => store.restore(id)).toThrowError(/no longer kept/);
    expect(database.all('SELECT * FROM messages')).toEqual([]);
  });

  it('reads stats of an unknown form as none', () => {
    const id = conversation('T', ['q', 'a']);
    database.run("UPDATE messages SET stats = '{\"older\": true}', error = 'not json'");
    expect(store.messages(id)[1]).toMatchObject({ stats: null, error: null, state: 'done' });
  });
});

describe('after a crash', () => {
  const stateOf = (id: string): string => {
    const message = store.messages(id)[1]!;
    return message.role === 'assistant' ? message.state : 'question';
  };

  it('what a dead engine left streaming is interrupted, with its text; a living one is left alone', async () => {
    const dead = store.create(subject, 'dead');
    const living = store.create(subject, 'living');
    const silent = store.create(subject, 'silent');
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    try {
      for (const id of [dead, living, silent]) {
        const { answerId } = store.addExchange(id, 'q');
        store.saveAnswer(answerId, { text: 'Half an', state: 'streaming', stats: null, error: null });
        database.run(
          'UPDATE messages SET engine_pid = ? WHERE id = ?',
          id === dead ? 2 ** 22 + 1 : child.pid!,
          answerId,
        );
      }
      database.run('UPDATE messages SET saved_at = saved_at - 61000 WHERE conversation_id = ?', silent);
      store.recover();
    } finally {
      child.kill();
    }
    expect([stateOf(dead), stateOf(living), stateOf(silent)]).toEqual([
      'interrupted',
      'streaming',
      'interrupted',
    ]);
    expect(store.messages(dead)[1]!.text).toBe('Half an');
  });
});
