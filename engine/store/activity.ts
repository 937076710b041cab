import { type Activity, activitySchema } from '../contract/hub.ts';
import type { Database } from './database.ts';

/** Every request that left this machine, from whichever engine, as the user may look at it. */
export interface ActivityStore {
  /** Keeps it, or what has changed of it: known by its number, which is this engine's own. */
  save(activity: Activity): void;
  /** Newest first, numbered anew. */
  list(): readonly Activity[];
  clear(): void;
}

/** Older ones are forgotten: a large model is fetched with a few hundred requests. */
const kept = 2000;

export function createActivityStore(database: Database): ActivityStore {
  /** This engine's number -> the database's, of requests under way. */
  const numbers = new Map<number, number>();
  const add = ({ at, method, url, purpose }: Activity): number =>
    database.transaction(() => {
      const row = database.get(
        'INSERT INTO activity (at, method, url, purpose) VALUES (?, ?, ?, ?) RETURNING number',
        at,
        method,
        url,
        purpose,
      );
      const number = Number(row?.number);
      database.run('DELETE FROM activity WHERE number <= ?', number - kept);
      return number;
    });

  return {
    save(activity) {
      const known = numbers.get(activity.number);
      const number = known ?? add(activity);
      if (known === undefined) numbers.set(activity.number, number);
      else numbers.delete(activity.number);
      database.run(
        'UPDATE activity SET status = ?, received_bytes = ?, error = ? WHERE number = ?',
        activity.status,
        activity.receivedBytes,
        activity.error,
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
