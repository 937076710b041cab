import { type Settings, settingsSchema } from '../contract/settings.ts';
import type { Database } from './database.ts';
import { parsed } from './parsed.ts';
import { settingValue } from './setting-values.ts';

/** What the user set, in the database; without a word of it the defaults. */
export interface SettingsStore {
  /** As they are now: another window may have changed them. */
  read(): Settings;
  write(settings: Settings): void;
}

export function createSettingsStore(database: Database): SettingsStore {
  const kept = settingValue(database, 'settings');
  return {
    read: () => parsed(settingsSchema, kept.read()) ?? settingsSchema.parse({}),
    write: (settings) => kept.write(JSON.stringify(settings)),
  };
}
