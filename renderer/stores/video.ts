import { createStore } from 'zustand/vanilla';
import type { Clip, VideoInfo } from '../../engine/contract/video.ts';
import { type Edge, markEdge, moveEdge, type Range, rangeOfClip, wholeRange } from '../lib/clip.ts';
import { type Failure, toFailure } from '../lib/failure.ts';
import { fileName } from '../lib/file-name.ts';
import type { UploadProgress } from '../lib/host.ts';
import type { EngineAccess } from './engine.ts';

export interface Opening {
  readonly name: string;
  /** 0 to 1 while the file travels to the engine's machine; null while the engine reads it. */
  readonly part: number | null;
}

export interface VideoState {
  readonly video: VideoInfo | null;
  /** Where the clip's handles stand; null exactly where there is no video. */
  readonly range: Range | null;
  /** The file of the conversation on screen has been moved or deleted. */
  readonly missing: boolean;
  readonly opening: Opening | null;
  /** Why the last file could not be opened. */
  readonly failure: Failure | null;
}

const nothing: VideoState = { video: null, range: null, missing: false, opening: null, failure: null };

/** The video that is asked about and the clip of it. */
export function createVideoStore(engine: EngineAccess) {
  const store = createStore<VideoState>(() => nothing);
  let ticket = 0;

  const change = (edit: (range: Range, video: VideoInfo) => Range): void => {
    const { video, range } = store.getState();
    if (video && range) store.setState({ range: edit(range, video) });
  };

  return {
    store,
    /**
     * Opens the file that `choose` names, null meaning that the user thought better of it. A second call before the
     * first one ended wins. Returns the video where this call showed it.
     */
    open: async (
      choose: (onProgress: UploadProgress) => Promise<string | null>,
    ): Promise<VideoInfo | null> => {
      ticket += 1;
      const mine = ticket;
      const current = () => mine === ticket;
      try {
        const path = await choose((name, part) => {
          if (current()) store.setState({ opening: { name, part }, failure: null });
        });
        if (!current()) return null;
        if (path === null) {
          store.setState({ opening: null });
          return null;
        }
        store.setState({ opening: { name: fileName(path), part: null }, failure: null });
        const video = await engine.client().video.open({ path });
        if (!current()) return null;
        store.setState({ ...nothing, video, range: wholeRange(video) });
        return video;
      } catch (error) {
        if (current()) store.setState({ opening: null, failure: toFailure(error) });
        return null;
      }
    },
    /** Shows what a stored conversation was about. */
    show: (video: VideoInfo | null, clip: Clip | null, missing: boolean): void => {
      ticket += 1;
      store.setState({ ...nothing, video, range: video && rangeOfClip(clip, video), missing });
    },
    /** Tells a new life of the engine about the video on screen; its clip stays as it is. */
    reopen: async (): Promise<void> => {
      const { video, missing } = store.getState();
      if (video === null || missing) return;
      try {
        const again = await engine.client().video.open({ path: video.path });
        if (store.getState().video === video) store.setState({ video: again });
      } catch {
        // The plan and the next question say in words what is wrong with the file.
      }
    },
    close: (): void => {
      ticket += 1;
      store.setState(nothing);
    },
    dismissFailure: (): void => store.setState({ failure: null }),
    moveEdge: (edge: Edge, seconds: number): void =>
      change((range, video) => moveEdge(range, edge, seconds, video)),
    markEdge: (edge: Edge, playhead: number): void =>
      change((range, video) => markEdge(range, edge, playhead, video)),
    resetRange: (): void => change((_range, video) => wholeRange(video)),
  };
}
