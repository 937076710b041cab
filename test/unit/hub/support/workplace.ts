import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../../../../engine/contract/settings.ts';
import { type ActivityList, createActivity } from '../../../../engine/hub/http/activity.ts';
import { createHttp, type Http } from '../../../../engine/hub/http/http.ts';
import type { Environment } from '../../../../engine/hub/http/proxy.ts';
import { createHub, type Hub } from '../../../../engine/hub/huggingface/hub.ts';
import { type FakeHub, type FakeHubOptions, startFakeHub } from '../../../support/fake-hub/fake-hub.ts';

export type NetworkSettings = Pick<Settings, 'offline' | 'proxy' | 'bandwidth'>;

/** A fake hub, a client of it and an empty cache; everything goes with `close`. */
export interface Workplace {
  readonly fake: FakeHub;
  readonly hub: Hub;
  readonly http: Http;
  readonly activity: ActivityList;
  /** May be changed while something runs. */
  readonly settings: { -readonly [K in keyof NetworkSettings]: NetworkSettings[K] };
  readonly folder: string;
  readonly cache: string;
  setToken(token: string | null): void;
  /** Another client of the same cache, as after a restart. */
  restart(): Hub;
  /** Every file and link below the cache, sorted. */
  files(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface WorkplaceOptions extends FakeHubOptions {
  readonly symlinks?: boolean;
  readonly env?: Environment;
}

export async function workplace(options: WorkplaceOptions): Promise<Workplace> {
  const fake = await startFakeHub(options);
  const folder = await mkdtemp(join(tmpdir(), 'merv-hub-'));
  const cache = join(folder, 'cache');
  const settings: Workplace['settings'] = { offline: false, proxy: null, bandwidth: null };
  const activity = createActivity();
  const http = createHttp({ settings: () => settings, activity, env: options.env ?? {}, silenceMs: 1000 });
  let token: string | null = null;
  const restart = (): Hub =>
    createHub({
      http,
      endpoint: () => fake.endpoint,
      token: async () => token,
      cacheFolder: cache,
      symlinks: options.symlinks ?? true,
      checkedFile: join(folder, 'checked.json'),
      policy: { attempts: 4, baseMs: 5, longestMs: 40 },
    });
  return {
    fake,
    http,
    activity,
    settings,
    folder,
    cache,
    hub: restart(),
    restart,
    setToken(next) {
      token = next;
    },
    async files() {
      const entries = await readdir(cache, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(cache.length + 1))
        .sort();
    },
    async close() {
      http.close();
      await fake.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
