import { createStore } from 'zustand/vanilla';

/** The surface that shows the video: a <video> element, or exact frames where the browser cannot play it. */
export interface Surface {
  play(): void;
  pause(): void;
  seek(seconds: number): void;
}

/** `loop`: runs by itself and tells no time (an animated picture); `frames`: only single frames can be shown. */
export type PlayerMode = 'timed' | 'loop' | 'frames';

export interface PlayerState {
  /** Seconds from the first frame. */
  readonly time: number;
  readonly playing: boolean;
  readonly mode: PlayerMode;
}

const rest: PlayerState = { time: 0, playing: false, mode: 'frames' };

/** The playhead. The surface reports; everyone else asks. */
export function createPlayerStore() {
  const store = createStore<PlayerState>(() => rest);
  let surface: Surface | null = null;
  return {
    store,
    /** Called by the surface when it is on screen; returns the function that takes it off. */
    attach: (next: Surface, mode: PlayerMode): (() => void) => {
      surface = next;
      store.setState({ mode });
      return () => {
        if (surface !== next) return;
        surface = null;
        store.setState({ playing: false, mode: 'frames' });
      };
    },
    /** Another video: the playhead goes back to its start. */
    rewind: (): void => store.setState({ time: 0, playing: false }),
    report: (part: Partial<Pick<PlayerState, 'time' | 'playing'>>): void => store.setState(part),
    seek: (seconds: number): void => {
      const time = Math.max(0, seconds);
      store.setState({ time });
      surface?.seek(time);
    },
    toggle: (): void => {
      if (store.getState().playing) surface?.pause();
      else surface?.play();
    },
    pause: (): void => surface?.pause(),
  };
}
