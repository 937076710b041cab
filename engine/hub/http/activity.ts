import type { Activity } from '../../contract/hub.ts';

/** Every request that leaves this machine, newest last; the oldest are forgotten. */
export interface ActivityList {
  begin(request: { readonly method: string; readonly url: URL; readonly purpose: string }): ActivityEntry;
  /** Newest first. */
  list(): readonly Activity[];
  clear(): void;
}

/** One request while it runs. */
export interface ActivityEntry {
  answered(status: number): void;
  received(bytes: number): void;
  /** Its end; `error` is null where all of it came. Later calls change nothing. */
  ended(error: string | null): void;
}

const kept = 500;

/** Query parameters that say what was asked for; the value of any other is left out (signed addresses are secrets). */
const shownParameters = new Set(['search', 'limit', 'sort', 'recursive', 'expand[]', 'cursor']);

/**
 * @param earlier what is kept from before, newest first; numbers go on from the highest.
 * @param onChange called when a request begins and when it ends, with what to keep of it.
 */
export function createActivity(
  earlier: readonly Activity[] = [],
  onChange: (activity: Activity) => void = () => {},
): ActivityList {
  let rows: Activity[] = [...earlier].reverse().slice(-kept);
  let number = rows.reduce((highest, row) => Math.max(highest, row.number), 0);
  return {
    begin({ method, url, purpose }) {
      number += 1;
      const row: Activity = {
        number,
        at: Date.now(),
        method,
        url: shownUrl(url),
        purpose,
        status: null,
        receivedBytes: 0,
        error: null,
      };
      rows = [...rows.slice(1 - kept), row];
      onChange({ ...row });
      let open = true;
      return {
        answered(status) {
          row.status = status;
        },
        received(bytes) {
          row.receivedBytes += bytes;
        },
        ended(error) {
          if (!open) return;
          open = false;
          row.error = error;
          onChange({ ...row });
        },
      };
    },
    list: () => rows.map((row) => ({ ...row })).reverse(),
    clear() {
      rows = [];
    },
  };
}

/** The address without user, password, fragment and the values of parameters that may be secrets. */
export function shownUrl(url: URL): string {
  const query = [...url.searchParams].map(([name, value]) =>
    shownParameters.has(name) ? `${name}=${encodeURIComponent(value)}` : `${name}=…`,
  );
  return `${url.protocol}//${url.host}${url.pathname}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}
