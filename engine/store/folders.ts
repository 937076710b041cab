import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import { isDiskFull } from './disk-full.ts';
import { writeFileWhole } from './write-file.ts';

/** Where everything that belongs to the user is kept; absolute paths. */
export interface Folders {
  readonly data: string;
  /** Another one from one moment to the next when the models are moved. */
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
    get models() {
      return modelsFolderOf(data);
    },
    cache: join(data, 'cache'),
    uploads: join(data, 'uploads'),
    database: join(data, 'studio.db'),
  };
  // Elsewhere it was moved to by the user: where it is missing, its disk is, and an empty folder would hide that.
  const own = folders.models === join(data, 'models') ? [folders.models] : [];
  for (const folder of [folders.data, ...own, folders.cache, folders.uploads]) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      const full = isDiskFull(error);
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

const pointerFile = 'models-folder';

/** The models folder: below the data folder until it is moved. */
function modelsFolderOf(data: string): string {
  try {
    const path = readFileSync(join(data, pointerFile), 'utf8').replace(/\n$/, '');
    if (isAbsolute(path)) return path;
  } catch {
    // It was never moved.
  }
  return join(data, 'models');
}

/** From now on the models are in `folder`, for every engine over this data folder. One rename: before or after it. */
export function setModelsFolder(data: string, folder: string): void {
  writeFileWhole(join(data, pointerFile), `${folder}\n`);
}
