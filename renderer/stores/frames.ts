import { createStore } from 'zustand/vanilla';
import type { EngineAccess } from './engine.ts';

export interface FramesState {
  /** Pictures by {@link frameKey}; a new object whenever one arrives. */
  readonly pictures: Readonly<Record<string, string>>;
}

/** Heights that are asked for: strips and timeline, and the enlarged view. */
export const stripHeight = 144;
export const largeHeight = 360;
const kept = 600;
const perCall = 64;

export function frameKey(videoId: string, index: number, height: number): string {
  return `${videoId}/${index}/${height}`;
}

/** Exact frames as pictures, fetched once each and forgotten oldest first. */
export function createFramesStore(engine: EngineAccess) {
  const store = createStore<FramesState>(() => ({ pictures: {} }));
  const underWay = new Set<string>();
  let current = { videoId: '', stop: new AbortController() };

  const keep = (arrived: Readonly<Record<string, string>>): void => {
    store.setState((state) => {
      const entries = Object.entries({ ...state.pictures, ...arrived });
      return { pictures: Object.fromEntries(entries.slice(Math.max(0, entries.length - kept))) };
    });
  };

  return {
    store,
    /**
     * Fetches those of the frames that are not here or on their way yet. Asking for another video stops what is
     * still on its way for the last one. Pictures that cannot be had stay away: the strip shows their times, and
     * the question itself says what is wrong with the file.
     */
    want: async (videoId: string, indexes: readonly number[], height: number): Promise<void> => {
      if (videoId !== current.videoId) {
        current.stop.abort();
        current = { videoId, stop: new AbortController() };
      }
      const { signal } = current.stop;
      const missing = [...new Set(indexes)].filter((index) => {
        const key = frameKey(videoId, index, height);
        return !(key in store.getState().pictures) && !underWay.has(key);
      });
      const keys = missing.map((index) => frameKey(videoId, index, height));
      for (const key of keys) underWay.add(key);
      try {
        for (let at = 0; at < missing.length; at += perCall) {
          const batch = missing.slice(at, at + perCall);
          const stream = await engine
            .client()
            .video.thumbnails({ id: videoId, indexes: batch, height }, { signal });
          for await (const picture of stream)
            keep({ [frameKey(videoId, picture.index, height)]: picture.dataUrl });
        }
      } catch {
        // Wanted again after a reconnection.
      } finally {
        for (const key of keys) underWay.delete(key);
      }
    },
  };
}
