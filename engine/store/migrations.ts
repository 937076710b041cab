/**
 * The database's history, oldest first; PRAGMA user_version counts how many have run. Never edit one that was
 * released: add another. Each runs in a transaction of its own.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE videos (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ms REAL NOT NULL,
    info TEXT NOT NULL,
    opened_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX videos_by_path ON videos (path);

  CREATE TABLE conversations (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    renamed INTEGER NOT NULL DEFAULT 0,
    model_id TEXT NOT NULL,
    video_id TEXT REFERENCES videos (id),
    clip_from REAL,
    clip_to REAL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
  ) STRICT;
  CREATE INDEX conversations_by_update ON conversations (updated_at);

  CREATE TABLE messages (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('streaming', 'done', 'stopped', 'interrupted', 'failed')),
    stats TEXT,
    error TEXT,
    created_at INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    engine_pid INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX messages_by_conversation ON messages (conversation_id, number);
  CREATE INDEX messages_streaming ON messages (state) WHERE state = 'streaming';

  CREATE TABLE speeds (key TEXT PRIMARY KEY, value REAL NOT NULL, measured_at INTEGER NOT NULL) STRICT;

  CREATE VIRTUAL TABLE title_words USING fts5 (
    title, content = 'conversations', content_rowid = 'number', tokenize = "unicode61 remove_diacritics 2"
  );
  CREATE TRIGGER conversations_added AFTER INSERT ON conversations BEGIN
    INSERT INTO title_words (rowid, title) VALUES (new.number, new.title);
  END;
  CREATE TRIGGER conversations_removed AFTER DELETE ON conversations BEGIN
    INSERT INTO title_words (title_words, rowid, title) VALUES ('delete', old.number, old.title);
  END;
  CREATE TRIGGER conversations_renamed AFTER UPDATE OF title ON conversations BEGIN
    INSERT INTO title_words (title_words, rowid, title) VALUES ('delete', old.number, old.title);
    INSERT INTO title_words (rowid, title) VALUES (new.number, new.title);
  END;

  CREATE VIRTUAL TABLE message_words USING fts5 (
    text, content = 'messages', content_rowid = 'number', tokenize = "unicode61 remove_diacritics 2"
  );
  CREATE TRIGGER messages_added AFTER INSERT ON messages BEGIN
    INSERT INTO message_words (rowid, text) VALUES (new.number, new.text);
  END;
  CREATE TRIGGER messages_removed AFTER DELETE ON messages BEGIN
    INSERT INTO message_words (message_words, rowid, text) VALUES ('delete', old.number, old.text);
  END;
  CREATE TRIGGER messages_changed AFTER UPDATE OF text ON messages BEGIN
    INSERT INTO message_words (message_words, rowid, text) VALUES ('delete', old.number, old.text);
    INSERT INTO message_words (rowid, text) VALUES (new.number, new.text);
  END;
  `,
  `
  -- Living engines over this file: who beats no more has died, and what it was running is free.
  CREATE TABLE engines (id TEXT PRIMARY KEY, pid INTEGER NOT NULL, beat_at INTEGER NOT NULL) STRICT;
  -- Work of which only one may run at a time, in whichever engine.
  CREATE TABLE turns (name TEXT PRIMARY KEY, engine_id TEXT NOT NULL, job_id TEXT NOT NULL) STRICT;

  CREATE TABLE jobs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    model_id TEXT,
    request TEXT NOT NULL,
    memory TEXT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'failed', 'done', 'cancelled')),
    wish TEXT CHECK (wish IN ('pause', 'cancel')),
    engine_id TEXT,
    progress TEXT NOT NULL,
    error TEXT,
    notes TEXT NOT NULL DEFAULT '[]',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX jobs_by_state ON jobs (state);
  -- Parts on disk that a job counts on, so that nobody takes them for garbage.
  CREATE TABLE job_parts (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    part_key TEXT NOT NULL,
    PRIMARY KEY (job_id, part_key)
  ) STRICT;

  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  CREATE TABLE activity (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    purpose TEXT NOT NULL,
    status INTEGER,
    received_bytes INTEGER NOT NULL DEFAULT 0,
    error TEXT
  ) STRICT;
  `,
];
