import { totalmem } from 'node:os';
import type { Answerer } from '../answering/answerer.ts';
import type { Providers } from '../contract/settings.ts';
import { createLibrary, type LibraryOptions } from '../hub/library.ts';
import { findOriginals } from '../runs/find-originals.ts';
import { runsFolder } from '../runs/run-folder.ts';
import { createRunManager } from '../runs/run-manager.ts';
import type { FindOriginals } from '../runs/weights-fetcher.ts';
import { createConversationStore } from '../store/conversations.ts';
import type { Database } from '../store/database.ts';
import type { Folders } from '../store/folders.ts';
import { createVideoStore } from '../store/videos.ts';
import type { Ffmpeg } from '../video/ffmpeg.ts';
import { createAllowed } from './allowed.ts';
import { createAnswerRuns } from './answer-runs.ts';
import { askService } from './ask-service.ts';
import { conversationService } from './conversation-service.ts';
import { examine, type ProviderProbe } from './doctor.ts';
import { hubService } from './hub-service.ts';
import { jobService } from './job-service.ts';
import { modelService } from './model-service.ts';
import { procedures } from './procedures.ts';
import { settingsService } from './settings-service.ts';
import { systemService } from './system-service.ts';
import { trainingService } from './training-service.ts';
import { createTurns } from './turns.ts';
import { createVideoRegistry } from './video-registry.ts';
import { videoService } from './video-service.ts';

export interface EngineOptions extends Pick<LibraryOptions, 'runs' | 'resourcesFolder' | 'env'> {
  readonly version: string;
  readonly folders: Folders;
  /** Where conversations are kept. */
  readonly database: Database;
  /** Where jobs, settings and activity are kept: the user's, whether or not this engine forgets its conversations. */
  readonly shared: Database;
  /** The user's history on disk, for the doctor: the same, unless this engine forgets. */
  readonly history: () => Database;
  readonly answerer: Answerer;
  /** Found when it is first needed, so that an engine without it starts and says what is missing. */
  readonly ffmpeg: () => Promise<Ffmpeg>;
  readonly providers: () => Promise<readonly ProviderProbe[]>;
  /** The same, and what the settings make of them. */
  readonly providerOverview: () => Promise<Providers>;
  readonly samplePath: string | null;
  /** The bundle of engine/doors/trainer.ts. */
  readonly trainerFile: string;
  /** Which absolute paths this door may open. The sample, and what was opened before, always. */
  readonly mayOpen: (path: string) => boolean;
  /** A video was opened: its door may serve the file. */
  readonly onVideo?: (video: { readonly id: string; readonly path: string }) => void;
}

export type Engine = ReturnType<typeof createEngine>;

/** Every service over one store and one answer path. `close` stops and keeps running answers and jobs; it leaves the databases open. */
export function createEngine(options: EngineOptions) {
  const { version, folders, database, answerer, samplePath, mayOpen, onVideo = () => {} } = options;
  const { resourcesFolder, env, runs: whichJobs } = options;
  const conversations = createConversationStore(database);
  const videos = createVideoRegistry({
    store: createVideoStore(database),
    ffmpeg: options.ffmpeg,
    mayOpen: (path) => path === samplePath || mayOpen(path),
    onVideo,
  });
  const turns = createTurns();
  const runs = createAnswerRuns({ answerer, conversations, videos, turns });
  conversations.recover();
  const allowed = createAllowed(mayOpen);
  const modelsFolder = (): string => folders.models;
  const closing = new AbortController();
  const whileIdle = async <T>(work: () => Promise<T> | T): Promise<T> => {
    const giveBack = await turns.take('warm', closing.signal);
    try {
      await answerer.release();
      return await work();
    } finally {
      giveBack();
    }
  };
  const library = createLibrary({
    folders,
    resourcesFolder,
    database: options.shared,
    env,
    runs: whichJobs,
    whileIdle,
  });

  const originals: FindOriginals = (config, signal, onProgress) =>
    findOriginals(config.modelId, {
      modelsFolder: folders.models,
      resourcesFolder,
      hub: library.hub,
      signal,
      onProgress,
    });
  const trainings = createRunManager({
    dataFolder: folders.data,
    runs: runsFolder(folders.data),
    file: options.trainerFile,
    originals,
  });

  const { node, electron } = process.versions;
  const info = {
    version,
    platform: `${process.platform} ${process.arch}`,
    runtime: electron ? `Electron ${electron}` : `Node ${node}`,
    dataFolder: folders.data,
    get modelsFolder() {
      return folders.models;
    },
    totalMemoryBytes: totalmem(),
    samplePath,
  };
  const router = procedures.router({
    system: systemService(procedures, info, () => examine({ ...options, training: trainings.runtime })),
    models: modelService(procedures, {
      answerer,
      turns,
      videos,
      library,
      allowed,
      modelsFolder,
      whileIdle,
    }),
    hub: hubService(procedures, { library, allowed, modelsFolder, resourcesFolder }),
    jobs: jobService(procedures, library.jobs),
    training: trainingService(procedures, {
      runs: trainings,
      ...{ originals, library, folders, resourcesFolder, allowed, whileIdle },
    }),
    settings: settingsService(procedures, {
      library,
      allowed,
      modelsFolder,
      providers: options.providerOverview,
      whileIdle,
    }),
    video: videoService(procedures, videos),
    ask: askService(procedures, { database, answerer, conversations, videos, runs }),
    conversations: conversationService(procedures, { conversations, videos, runs }),
  });

  return {
    router,
    mediaPath: videos.mediaPath,
    async close(): Promise<void> {
      closing.abort();
      videos.close();
      await trainings.close();
      await runs.close();
      await library.close();
      await answerer.close();
    },
  };
}
