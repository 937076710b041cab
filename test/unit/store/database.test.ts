import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExpectedError } from '../../../engine/contract/errors.ts';
import { createConversationStore } from '../../../engine/store/conversations.ts';
import { openDatabase, openMemoryDatabase } from '../../../engine/store/database.ts';
import { dataFolder } from '../../../engine/store/folders.ts';
import { createSpeedStore } from '../../../engine/store/speeds.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'merv store '));
  path = join(folder, 'studio.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const subject = { modelId: 'm', videoId: null, clip: null };

describe('a database file', () => {
  it('keeps what was written, in WAL mode and with foreign keys', () => {
    const first = openDatabase(path);
    createConversationStore(first).create(subject, 'One');
    expect(first.get('PRAGMA journal_mode')?.journal_mode).toBe('wal');
    expect(first.get('PRAGMA foreign_keys')?.foreign_keys).toBe(1);
    first.close();
    first.close();
    const second = openDatabase(path);
    expect(createConversationStore(second).list('')).toHaveLength(1);
    expect(second.check()).toEqual([]);
    second.close();
  });

  it('of a newer version is refused with a sentence and left as it is', () => {
    const database = openDatabase(path);
    database.run('PRAGMA user_version = 99');
    database.close();
    expect(() => openDatabase(path)).toThrowError(/newer version/);
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
  });

  it.each([
    ['no database', () => Buffer.from('this is not a database '.repeat(500))],
    [
      'a database with overwritten pages',
      () => {
        const database = openDatabase(path);
        const store = createConversationStore(database);
        for (let each = 0; each < 200; each++)
          store.create(subject, `A title long enough to fill pages ${each}`);
        database.close();
        const bytes = readFileSync(path);
        bytes.fill(0xa5, 4096 * 2, 4096 * 9);
        return bytes;
      },
    ],
  ])('that is %s is moved aside, kept whole, and a new one started', (_, damaged) => {
    const bytes = damaged();
    writeFileSync(path, bytes);
    const database = openDatabase(path);
    expect(createConversationStore(database).list('')).toEqual([]);
    const kept = readdirSync(folder).find((name) => name.includes('damaged') && name.endsWith('.db'));
    expect(readFileSync(join(folder, kept!)).equals(bytes)).toBe(true);
    expect(database.warnings[0]).toContain(kept);
    database.close();
  });

  it('with a format that nobody has is moved aside', () => {
    openDatabase(path).close();
    const bytes = readFileSync(path);
    // The schema's format, 1 to 4.
    bytes.writeUInt32BE(99, 44);
    writeFileSync(path, bytes);
    const database = openDatabase(path);
    expect(database.warnings[0]).toContain('damaged');
    database.close();
  });

  it('with a text that is not UTF-8, on which libsql ends the process, is repaired with a warning', () => {
    const first = openDatabase(path);
    const store = createConversationStore(first);
    store.create(subject, 'Grüße 😀');
    store.create(subject, 'damaged');
    first.run("UPDATE conversations SET title = CAST(x'61ff62' AS TEXT) WHERE title = 'damaged'");
    first.close();
    const second = openDatabase(path);
    const titles = createConversationStore(second)
      .list('')
      .map(({ title }) => title);
    expect(titles.sort()).toEqual(['Grüße 😀', 'a\uFFFDb']);
    expect(second.warnings).toEqual([expect.stringContaining('1 text ')]);
    second.close();
    const third = openDatabase(path);
    expect(third.warnings).toEqual([]);
    third.close();
  });

  it('in a folder that is missing is an expected error that names it', () => {
    expect(() => openDatabase(join(folder, 'no', 'studio.db'))).toThrowError(ExpectedError);
    expect(() => openDatabase(join(folder, 'no', 'studio.db'))).toThrowError(/studio\.db/);
  });

  it('rolls a transaction back, and can be used by two engines at once', () => {
    const one = openDatabase(path);
    const two = openDatabase(path);
    expect(() =>
      one.transaction(() => {
        one.run("INSERT INTO speeds VALUES ('a', 1, 1)");
        throw new Error('no');
      }),
    ).toThrowError('no');
    createSpeedStore(two).record('b', 2);
    expect(one.all('SELECT key FROM speeds').map((row) => row.key)).toEqual(['b']);
    one.close();
    two.close();
  });

  it('keeps a text with U+0000 whole and refuses a boolean instead of aborting the process', () => {
    const database = openMemoryDatabase();
    expect(database.get('SELECT ? AS text', 'a\0b')?.text).toBe('a\uFFFDb');
    expect(() => database.get('SELECT ?', true as unknown as string)).toThrowError(TypeError);
    database.close();
  });
});

describe('speeds', () => {
  it('are an exponential mean, without what cannot be one', () => {
    const speeds = createSpeedStore(openMemoryDatabase());
    expect(speeds.read('k')).toBeNull();
    speeds.record('k', 10);
    for (const nonsense of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) speeds.record('k', nonsense);
    expect(speeds.read('k')).toBe(10);
    speeds.record('k', 20);
    expect(speeds.read('k')).toBeCloseTo(13);
  });
});

describe('the data folder', () => {
  it.each([
    ['linux', {}, '/home/a/.local/share/merv-studio'],
    ['linux', { XDG_DATA_HOME: '/x' }, '/x/merv-studio'],
    ['linux', { XDG_DATA_HOME: '' }, '/home/a/.local/share/merv-studio'],
    ['darwin', {}, '/home/a/Library/Application Support/MERV Studio'],
    ['win32', { APPDATA: '/roaming' }, '/roaming/MERV Studio'],
    ['darwin', { MERV_HOME: '/elsewhere' }, '/elsewhere'],
  ] as const)('on %s with %o is %s', (platform, env, expected) => {
    expect(dataFolder({ platform, env, home: '/home/a' })).toBe(expected);
  });
});
