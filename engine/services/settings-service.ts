import { resolve } from 'node:path';
import type { Account, Providers } from '../contract/settings.ts';
import { findToken } from '../hub/huggingface/places.ts';
import { checkMove } from '../hub/jobs/move.ts';
import type { Library } from '../hub/library.ts';
import type { Allowed } from './allowed.ts';
import type { Procedures } from './procedures.ts';

export interface SettingsServiceOptions {
  readonly library: Library;
  readonly allowed: Allowed;
  readonly modelsFolder: () => string;
  readonly providers: () => Promise<Providers>;
  readonly whileIdle: (work: () => void) => Promise<void>;
}

/** `settings`: what the user set, the account's state, what left this machine. */
export function settingsService({ settings: procedures }: Procedures, options: SettingsServiceOptions) {
  const { library, allowed, modelsFolder, providers, whileIdle } = options;
  const { settings, tokens, places, activity, jobs, engines } = library;

  const account = async (): Promise<Account> => ({
    token: (await findToken(places, tokens.read())).from,
    endpoint: library.endpoint(),
    cacheFolder: places.cacheFolder,
  });

  return {
    get: procedures.get.handler(() => settings.read()),
    set: procedures.set.handler(async ({ input }) => {
      const before = JSON.stringify(settings.read().providers);
      settings.write(input);
      // What is loaded was loaded where it was to be computed before.
      if (JSON.stringify(input.providers) !== before) await whileIdle(() => {});
      return {};
    }),
    account: procedures.account.handler(account),
    setToken: procedures.setToken.handler(async ({ input }) => {
      tokens.write(input.token);
      return account();
    }),
    providers: procedures.providers.handler(providers),
    moveModels: procedures.moveModels.handler(async ({ input }) => {
      const to = allowed.path(input.path);
      const from = resolve(modelsFolder());
      await checkMove(from, to, engines);
      return { id: jobs.add({ kind: 'move', from, to }, `Move the models to ${to}`, null) };
    }),
    activity: procedures.activity.handler(() => [...activity.list()]),
    clearActivity: procedures.clearActivity.handler(() => {
      activity.clear();
      return {};
    }),
  };
}
