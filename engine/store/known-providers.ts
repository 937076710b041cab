import type { Database } from './database.ts';

const key = 'known-providers';

/** What was found out about execution providers, as text of whoever found it out; null until something was. */
export interface KnownProviders {
  read(): string | null;
  write(text: string): void;
}

export function createKnownProviders(database: Database): KnownProviders {
  return {
    read() {
      const row = database.get('SELECT value FROM settings WHERE key = ?', key);
      return row ? String(row.value) : null;
    },
    write(text) {
      database.run(
        'INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2',
        key,
        text,
      );
    },
  };
}
