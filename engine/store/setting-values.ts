import type { Database } from './database.ts';

/** What is kept under a name in the table `settings`, as text. */
export interface SettingValue {
  /** Null until something was written. */
  read(): string | null;
  write(text: string): void;
}

export function settingValue(database: Database, key: string): SettingValue {
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
