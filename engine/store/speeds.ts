import type { Database } from './database.ts';

/** Measured speeds of this machine (tokens a second, milliseconds a frame, …), by a key the caller makes up. */
export interface SpeedStore {
  /** The exponential mean of what was recorded; null until something was. */
  read(key: string): number | null;
  /** Ignores what cannot be a speed: zero, negative or not finite. */
  record(key: string, value: number): void;
}

/** How much of the mean a new measurement replaces: five runs later the first counts a sixth. */
const weightOfNewest = 0.3;

export function createSpeedStore(database: Database): SpeedStore {
  return {
    read(key) {
      const row = database.get('SELECT value FROM speeds WHERE key = ?', key);
      return row ? Number(row.value) : null;
    },
    record(key, value) {
      if (!(value > 0 && Number.isFinite(value))) return;
      database.run(
        `INSERT INTO speeds (key, value, measured_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (key) DO UPDATE SET value = value + ?4 * (?2 - value), measured_at = ?3`,
        key,
        value,
        Date.now(),
        weightOfNewest,
      );
    },
  };
}
