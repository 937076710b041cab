import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Answerer, type AnswererOptions, createAnswerer } from '../answering/answerer.ts';
import { ExpectedError } from '../contract/errors.ts';
import { createPlacement } from '../runtime/placement.ts';
import { createEngine, type Engine, type EngineOptions } from '../services/engine.ts';
import { type Database, openDatabase, openMemoryDatabase } from '../store/database.ts';
import type { Folders } from '../store/folders.ts';
import { settingValue } from '../store/setting-values.ts';
import { createSettingsStore } from '../store/settings.ts';
import { createSpeedStore } from '../store/speeds.ts';
import { type Ffmpeg, findFfmpeg } from '../video/ffmpeg.ts';
import { resourcesFolder, trainerFile } from './places.ts';
import { version } from './version.ts';

export interface StartOptions extends Pick<EngineOptions, 'mayOpen' | 'onVideo'> {
  readonly folders: Folders;
  /** false: conversations are forgotten at the end and a database that cannot be used is done without. */
  readonly keepHistory: boolean;
  /** Which jobs run here: all, or only what is begun here, as on the command line. */
  readonly runs: EngineOptions['runs'];
  /** Tests give one that needs no model. */
  readonly answererFor?: (options: AnswererOptions) => Answerer;
}

export interface RunningEngine extends Engine {
  /** Whole sentences that a door should show: what was wrong with the database, if anything. */
  readonly warnings: readonly string[];
}

/** Puts an engine together from the user's folders. Throws ExpectedError where history must be kept and cannot be. */
export function startEngine(options: StartOptions): RunningEngine {
  const { folders, keepHistory, mayOpen, onVideo, runs, answererFor = createAnswerer } = options;
  const { file, failure } = openHistory(folders.database);
  if (keepHistory && failure) throw failure;
  const database = keepHistory ? file : openMemoryDatabase();
  const settings = createSettingsStore(file);
  const placement = createPlacement({
    wanted: () => settings.read().providers,
    memory: settingValue(file, 'known-providers'),
  });
  const answerer = answererFor({
    get modelsFolder() {
      return folders.models;
    },
    cacheFolder: folders.cache,
    speeds: createSpeedStore(file),
    openGraph: placement.openGraph,
  });
  const engine = createEngine({
    version,
    folders,
    database,
    shared: file,
    runs,
    resourcesFolder: resourcesFolder(),
    env: process.env,
    history() {
      if (failure) throw failure;
      return file;
    },
    answerer,
    ffmpeg: foundOnce(findFfmpeg),
    providers: placement.look,
    providerOverview: placement.overview,
    samplePath: samplePath(),
    trainerFile: trainerFile(),
    mayOpen,
    ...(onVideo && { onVideo }),
  });
  return {
    ...engine,
    warnings: failure ? [`${failure.message} ${failure.remedy}`] : file.warnings,
    async close() {
      await engine.close();
      database.close();
      file.close();
    },
  };
}

/** The user's database; one in memory, with the reason, where it cannot be used. */
function openHistory(path: string): { readonly file: Database; readonly failure: ExpectedError | null } {
  try {
    return { file: openDatabase(path), failure: null };
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return { file: openMemoryDatabase(), failure: error };
  }
}

/** Looks until it is found: a user who installs ffmpeg need not start again. */
function foundOnce(find: () => Promise<Ffmpeg>): () => Promise<Ffmpeg> {
  let found: Promise<Ffmpeg> | null = null;
  return () => {
    found ??= find().catch((error: unknown) => {
      found = null;
      throw error;
    });
    return found;
  };
}

function samplePath(): string | null {
  const path = join(resourcesFolder(), 'sample.mp4');
  return existsSync(path) ? path : null;
}
