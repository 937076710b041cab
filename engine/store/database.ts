import { existsSync, renameSync } from 'node:fs';
import Libsql from 'libsql';
import { ExpectedError } from '../contract/errors.ts';
import { repairTexts } from './check-text.ts';
import { migrations } from './migrations.ts';

/** No booleans: libsql aborts the whole process on one. */
export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, unknown>>;

/**
 * One open SQLite file, used synchronously. Every method throws ExpectedError 'disk_full', 'busy' (another program
 * holds it for more than five seconds) or 'file_unreadable', naming the file; other errors are bugs.
 */
export interface Database {
  readonly path: string;
  /** Whole sentences about what was found at opening: a damaged file that was moved aside. */
  readonly warnings: readonly string[];
  run(sql: string, ...values: readonly SqlValue[]): number;
  get(sql: string, ...values: readonly SqlValue[]): Row | undefined;
  all(sql: string, ...values: readonly SqlValue[]): readonly Row[];
  /** All or nothing; inside another transaction a part of it. */
  transaction<T>(work: () => T): T;
  /** What SQLite's own check says is wrong with the file; empty where it is sound. */
  check(): readonly string[];
  close(): void;
}

const inMemory = ':memory:';
const waitForLockMs = 5000;

/**
 * Opens or creates the database, brings its schema up to date. A file that is damaged or no database at all is
 * renamed (never deleted) and a new one started, with a warning.
 * Throws ExpectedError 'file_unsupported' for a file of a newer version of the application.
 */
export function openDatabase(path: string): Database {
  try {
    return open(path, []);
  } catch (error) {
    if (path === inMemory || !isDamage(error)) throw explain(error, path);
    const kept = moveAside(path);
    return open(path, [
      `The history in ${path} was damaged (${messageOf(error)}). It was kept as ${kept}; a new history was started.`,
    ]);
  }
}

/** A database that is gone when the process ends: the command line's `ask` uses one. */
export function openMemoryDatabase(): Database {
  return openDatabase(inMemory);
}

function open(path: string, warnings: readonly string[]): Database {
  const raw = new Libsql(path, { timeout: waitForLockMs });
  const statements = new Map<string, Libsql.Statement>();
  let closed = false;
  const prepare = (sql: string): Libsql.Statement => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = raw.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw explain(error, path);
    }
  };
  const check = (): readonly string[] =>
    raw
      .prepare('PRAGMA quick_check(5)')
      .all()
      .map((row) => String(Object.values(row as Row)[0]))
      .filter((line) => line !== 'ok');

  const transaction = <T>(work: () => T): T => {
    if (raw.inTransaction) return work();
    raw.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      raw.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk has rolled back already; a second ROLLBACK must not hide the reason.
      if (raw.inTransaction) raw.exec('ROLLBACK');
      throw error;
    }
  };

  try {
    raw.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
    const damage = check();
    if (damage[0] !== undefined) throw new DamagedError(damage[0]);
    const repaired = repairTexts(raw);
    if (repaired > 0) warnings = [...warnings, repairedSentence(path, repaired)];
    migrate(raw, path, transaction);
  } catch (error) {
    raw.close();
    throw error;
  }

  return {
    path,
    warnings,
    run: (sql, ...values) => guarded(() => prepare(sql).run(...values.map(bindable)).changes),
    get: (sql, ...values) => guarded(() => prepare(sql).get(...values.map(bindable)) as Row | undefined),
    all: (sql, ...values) => guarded(() => prepare(sql).all(...values.map(bindable)) as readonly Row[]),
    transaction: (work) => guarded(() => transaction(work)),
    check: () => guarded(check),
    close() {
      if (closed) return;
      closed = true;
      statements.clear();
      if (path !== inMemory) raw.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      raw.close();
    },
  };
}

function migrate(raw: Libsql.Database, path: string, transaction: <T>(work: () => T) => T): void {
  const version = (): number => Number((raw.prepare('PRAGMA user_version').get() as Row).user_version);
  if (version() > migrations.length) {
    throw new ExpectedError(
      'file_unsupported',
      `The history in ${path} was written by a newer version of MERV Studio.`,
      'Update MERV Studio, or name another data folder in MERV_HOME.',
    );
  }
  for (let next = version(); next < migrations.length; next++) {
    transaction(() => {
      // Another process may have been quicker between the look and the lock.
      if (version() > next) return;
      raw.exec(migrations[next]!);
      raw.exec(`PRAGMA user_version = ${next + 1}`);
    });
  }
}

/** libsql cuts a string at U+0000 without a word and aborts on types it does not know; neither may happen here. */
function bindable(value: SqlValue): SqlValue {
  if (typeof value === 'string') return value.replaceAll('\0', '\uFFFD');
  if (typeof value === 'number' || value === null) return value;
  throw new TypeError(`SQLite cannot keep a ${typeof value}.`);
}

class DamagedError extends Error {}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function repairedSentence(path: string, count: number): string {
  return `${count} ${count === 1 ? 'text' : 'texts'} of the history in ${path} had damaged characters; \uFFFD stands in their place.`;
}

/** A damaged head of the file is reported as a plain error: a format or a table that nobody has. */
const damagedHead =
  /unsupported file format|malformed|fts5 file format|no such (table|column)|already exists|duplicate column/;

function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return (
    error instanceof DamagedError ||
    /^SQLITE_(CORRUPT|NOTADB)/.test(code) ||
    (code === 'SQLITE_ERROR' && damagedHead.test(messageOf(error)))
  );
}

function moveAside(path: string): string {
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const kept = `${path.replace(/\.db$/, '')}.damaged-${stamp}.db`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix);
  }
  return kept;
}

function explain(error: unknown, path: string): unknown {
  if (error instanceof ExpectedError) return error;
  const code = codeOf(error);
  const options = { cause: error };
  if (code.startsWith('SQLITE_FULL')) {
    return new ExpectedError(
      'disk_full',
      `The disk is full: ${path} could not be written.`,
      'Free some space, then try again.',
      options,
    );
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new ExpectedError(
      'busy',
      `Another program holds ${path}.`,
      'Close other windows of MERV Studio, then try again.',
      options,
    );
  }
  if (
    /^SQLITE_(CORRUPT|NOTADB|IOERR|CANTOPEN|READONLY|PERM)/.test(code) ||
    /ConnectionFailed/.test(messageOf(error))
  ) {
    return new ExpectedError(
      'file_unreadable',
      `The history in ${path} cannot be used (${messageOf(error)}).`,
      'Check the permissions of the folder and the disk, then start again; a damaged file is moved aside at the start.',
      options,
    );
  }
  return error;
}
