import type { Activity } from '../contract/hub.ts';
import { activitySchema } from '../contract/hub.ts';
import type { Database } from './database.ts';

/** Every request that left this machine, as the user may look at it. */
export interface ActivityStore {
  /** Before a request is sent; its number. */
  begin(request: Pick<Activity, 'method' | 'url' | 'purpose'>): number;
  /** How it goes or went; may be called several times. */
  update(number: number, outcome: Pick<Activity, 'status' | 'receivedBytes' | 'error'>): void;
  /** Newest first. */
  list(): readonly Activity[];
  clear(): void;
}

/** Older ones are forgotten: a large model is fetched with a few hundred requests. */
const kept = 2000;

export function createActivityStore(database: Database): ActivityStore {
  return {
    begin: ({ method, url, purpose }) =>
      database.transaction(() => {
        const row = database.get(
          'INSERT INTO activity (at, method, url, purpose) VALUES (?, ?, ?, ?) RETURNING number',
          Date.now(),
          method,
          url,
          purpose,
        );
        const number = Number(row?.number);
        database.run('DELETE FROM activity WHERE number <= ?', number - kept);
        return number;
      }),
    update(number, { status, receivedBytes, error }) {
      database.run(
        'UPDATE activity SET status = ?, received_bytes = ?, error = ? WHERE number = ?',
        status,
        receivedBytes,
        error,
        number,
      );
    },
    list: () =>
      database
        .all('SELECT * FROM activity ORDER BY number DESC')
        .map(({ received_bytes, ...row }) => activitySchema.parse({ ...row, receivedBytes: received_bytes })),
    clear() {
      database.run('DELETE FROM activity');
    },
  };
}
