import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import type { Thumbnail, VideoInfo } from '../contract/video.ts';
import type { VideoStore } from '../store/videos.ts';
import type { Ffmpeg } from '../video/ffmpeg.ts';
import { thumbnails } from '../video/thumbnails.ts';
import { type OpenedVideo, openVideo } from '../video/video.ts';
import { createLru } from './lru.ts';
import { anyOf } from './signals.ts';

/** Opened videos, by id; those that were opened before are opened again from their path when they are needed. */
export interface VideoRegistry {
  /** Throws ExpectedError: 'bad_request', 'not_allowed', 'file_missing', and what openVideo throws. */
  open(path: string, signal?: AbortSignal): Promise<OpenedVideo>;
  /** Throws ExpectedError 'not_found' for an id that was never opened, else as `open`. */
  get(id: string, signal?: AbortSignal): Promise<OpenedVideo>;
  /** What is known of a video now, without a need to open it where its file has not changed. */
  look(
    kept: VideoInfo,
    signal?: AbortSignal,
  ): Promise<{ readonly info: VideoInfo; readonly missing: boolean }>;
  /** Whether this id may be asked about at all. */
  knows(id: string): boolean;
  /** The file behind an id, for a door that serves media; null where there is none, as for a folder of frames. */
  mediaPath(id: string): string | null;
  thumbnails(
    id: string,
    indexes: readonly number[],
    height: number,
    signal?: AbortSignal,
  ): AsyncGenerator<Thumbnail>;
  /** Stops what runs: no child process outlives the engine. */
  close(): void;
}

export interface VideoRegistryOptions {
  readonly store: VideoStore;
  readonly ffmpeg: () => Promise<Ffmpeg>;
  readonly mayOpen: (path: string) => boolean;
  readonly onVideo: (video: { readonly id: string; readonly path: string }) => void;
}

/** Tells a changed file from the one that was opened. */
interface Stamp {
  readonly size: number;
  readonly mtimeMs: number;
}

const openVideos = 8;
const thumbnailBytes = 32 * 2 ** 20;

export function createVideoRegistry({
  store,
  ffmpeg,
  mayOpen,
  onVideo,
}: VideoRegistryOptions): VideoRegistry {
  const opened = createLru<OpenedVideo>(openVideos, () => 1);
  const strips = createLru<Thumbnail>(thumbnailBytes, (thumbnail) => thumbnail.dataUrl.length);

  const closing = new AbortController();

  async function openNow(path: string, stamp: Stamp, asked: AbortSignal | undefined): Promise<OpenedVideo> {
    const { signal, release } = anyOf(asked, closing.signal);
    const tools = await ffmpeg();
    const video = await openVideo(path, { ffmpeg: tools, signal }).finally(release);
    opened.set(video.info.id, video);
    store.save({ info: video.info, ...stamp });
    onVideo({ id: video.info.id, path: video.info.path });
    return video;
  }

  async function get(id: string, signal?: AbortSignal): Promise<OpenedVideo> {
    const path = store.get(id)?.info.path;
    if (path === undefined) throw unknownVideo();
    const stamp = await stampOf(path);
    const known = unchanged(path, stamp);
    return (known && opened.get(known.id)) ?? openNow(path, stamp, signal);
  }

  function unchanged(path: string, stamp: Stamp): VideoInfo | null {
    const known = store.getByPath(path);
    return known && known.size === stamp.size && known.mtimeMs === stamp.mtimeMs ? known.info : null;
  }

  return {
    async open(path, signal) {
      if (!isAbsolute(path) || path.includes('\0')) {
        throw new ExpectedError(
          'bad_request',
          `${JSON.stringify(path)} is not the full path of a file.`,
          'Choose the file again.',
        );
      }
      const asked = resolve(path);
      if (!mayOpen(asked) && !store.getByPath(asked)) {
        throw new ExpectedError(
          'not_allowed',
          `${asked} was not chosen in this window.`,
          'Open it with the file dialog, or drop it on the window.',
        );
      }
      return openNow(asked, await stampOf(asked), signal);
    },
    get,
    async look(kept, signal) {
      const stamp = await stampOf(kept.path).catch(() => null);
      if (!stamp) return { info: kept, missing: true };
      const known = unchanged(kept.path, stamp);
      if (known) {
        onVideo({ id: known.id, path: known.path });
        return { info: known, missing: false };
      }
      try {
        return { info: (await openNow(kept.path, stamp, signal)).info, missing: false };
      } catch (error) {
        // It is there; why it cannot be opened is told to whoever asks about it.
        if (error instanceof ExpectedError) return { info: kept, missing: false };
        throw error;
      }
    },
    knows: (id) => store.get(id) !== null,
    mediaPath(id) {
      const info = store.get(id)?.info;
      return info && info.kind !== 'folder' ? info.path : null;
    },
    async *thumbnails(id, indexes, height, asked) {
      const key = (index: number): string => `${id} ${height} ${index}`;
      const missing: number[] = [];
      for (const index of indexes) {
        const kept = strips.get(key(index));
        if (kept) yield kept;
        else missing.push(index);
      }
      if (missing.length === 0) return;
      const { signal, release } = anyOf(asked, closing.signal);
      try {
        const video = await get(id, signal);
        for await (const thumbnail of thumbnails(video, missing, height, signal)) {
          strips.set(key(thumbnail.index), thumbnail);
          yield thumbnail;
        }
      } finally {
        release();
      }
    },
    close: () => closing.abort(),
  };
}

async function stampOf(path: string): Promise<Stamp> {
  try {
    const { size, mtimeMs } = await stat(await realpath(path));
    return { size, mtimeMs };
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new ExpectedError(
      missing ? 'file_missing' : 'file_unreadable',
      missing ? `There is no file ${path}.` : `${path} cannot be read.`,
      missing ? 'Put it back, or open the video from where it is now.' : 'Check its permissions.',
      { cause: error },
    );
  }
}

function unknownVideo(): ExpectedError {
  return new ExpectedError('not_found', 'This video was not opened here.', 'Open it first.');
}
