import { totalmem } from 'node:os';
import type { Answerer } from '../answering/answerer.ts';
import { createConversationStore } from '../store/conversations.ts';
import type { Database } from '../store/database.ts';
import type { Folders } from '../store/folders.ts';
import { createVideoStore } from '../store/videos.ts';
import type { Ffmpeg } from '../video/ffmpeg.ts';
import { createAnswerRuns } from './answer-runs.ts';
import { askService } from './ask-service.ts';
import { conversationService } from './conversation-service.ts';
import { examine, type ProviderProbe } from './doctor.ts';
import { modelService } from './model-service.ts';
import { procedures } from './procedures.ts';
import { systemService } from './system-service.ts';
import { createTurns } from './turns.ts';
import { createVideoRegistry } from './video-registry.ts';
import { videoService } from './video-service.ts';

export interface EngineOptions {
  readonly version: string;
  readonly folders: Folders;
  /** Where conversations are kept. */
  readonly database: Database;
  /** The user's history on disk, for the doctor: the same, unless this engine forgets. */
  readonly history: () => Database;
  readonly answerer: Answerer;
  /** Found when it is first needed, so that an engine without it starts and says what is missing. */
  readonly ffmpeg: () => Promise<Ffmpeg>;
  readonly providers: () => Promise<readonly ProviderProbe[]>;
  readonly samplePath: string | null;
  /** Which absolute paths this door may open. The sample, and what was opened before, always. */
  readonly mayOpen: (path: string) => boolean;
  /** A video was opened: its door may serve the file. */
  readonly onVideo?: (video: { readonly id: string; readonly path: string }) => void;
}

export type Engine = ReturnType<typeof createEngine>;

/** Every service over one store and one answer path. `close` stops and keeps running answers; it leaves the database open. */
export function createEngine(options: EngineOptions) {
  const { version, folders, database, answerer, samplePath, mayOpen, onVideo = () => {} } = options;
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

  const { node, electron } = process.versions;
  const info = {
    version,
    platform: `${process.platform} ${process.arch}`,
    runtime: electron ? `Electron ${electron}` : `Node ${node}`,
    dataFolder: folders.data,
    modelsFolder: folders.models,
    totalMemoryBytes: totalmem(),
    samplePath,
  };
  const router = procedures.router({
    system: systemService(procedures, info, () => examine(options)),
    models: modelService(procedures, answerer, turns),
    video: videoService(procedures, videos),
    ask: askService(procedures, { database, answerer, conversations, videos, runs }),
    conversations: conversationService(procedures, { conversations, videos, runs }),
  });

  return {
    router,
    mediaPath: videos.mediaPath,
    async close(): Promise<void> {
      videos.close();
      await runs.close();
      await answerer.close();
    },
  };
}
