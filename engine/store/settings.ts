import { type Settings, settingsSchema } from '../contract/settings.ts';
import type { Database } from './database.ts';
import { parsed } from './rows.ts';

/** What the user set, in the database; without a word of it the defaults. */
export interface SettingsStore {
  /** As they are now: another window may have changed them. */
  read(): Settings;
  write(settings: Settings): void;
}

const key = 'settings';

export function createSettingsStore(database: Database): SettingsStore {
  return {
    read() {
      const row = database.get('SELECT value FROM settings WHERE key = ?', key);
      return parsed(settingsSchema, row?.value) ?? settingsSchema.parse({});
    },
    write(settings) {
      database.run(
        'INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2',
        key,
        JSON.stringify(settings),
      );
    },
  };
}
