import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';

/** Where everything that belongs to the user is kept; absolute paths. */
export interface Folders {
  readonly data: string;
  readonly models: string;
  readonly cache: string;
  readonly uploads: string;
  /** The database file. */
  readonly database: string;
}

/** What decides the data folder; a parameter so that each platform's rule can be tested on any. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

const here = (): Surroundings => ({ platform: process.platform, env: process.env, home: homedir() });

/** MERV_HOME, else the platform's place for an application's data (XDG base directories on Linux). */
export function dataFolder({ platform, env, home }: Surroundings = here()): string {
  if (env.MERV_HOME) return resolve(env.MERV_HOME);
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'MERV Studio');
  if (platform === 'win32') return join(env.APPDATA ?? join(home, 'AppData', 'Roaming'), 'MERV Studio');
  return join(env.XDG_DATA_HOME || join(home, '.local', 'share'), 'merv-studio');
}

/**
 * Names the folders below `data` and makes them, readable by this user only.
 * Throws ExpectedError 'not_allowed' or 'disk_full', naming the folder.
 */
export function openFolders(data: string = dataFolder()): Folders {
  const folders: Folders = {
    data,
    models: join(data, 'models'),
    cache: join(data, 'cache'),
    uploads: join(data, 'uploads'),
    database: join(data, 'studio.db'),
  };
  for (const folder of [folders.data, folders.models, folders.cache, folders.uploads]) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
      throw new ExpectedError(
        full ? 'disk_full' : 'not_allowed',
        `The data folder ${folder} cannot be made${full ? ': the disk is full' : ''}.`,
        full
          ? 'Free some space, then start again.'
          : 'Check its permissions, or name another folder in MERV_HOME.',
        { cause: error },
      );
    }
  }
  return folders;
}
