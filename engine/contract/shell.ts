import * as z from 'zod';

/** How the engine process is doing, as the shell that supervises it sees it. */
export const engineStateSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('starting'), restarts: z.number().int() }),
  z.object({ state: z.literal('ready'), restarts: z.number().int() }),
  z.object({
    state: z.literal('stopped'),
    restarts: z.number().int(),
    /** One sentence: "The engine was ended by SIGKILL." */
    reason: z.string(),
    /** Milliseconds until the next start; null where the shell gave up and `restartEngine` is up to the user. */
    retryInMs: z.number().nullable(),
  }),
]);
export type EngineState = z.infer<typeof engineStateSchema>;

/** What the native menu, the dock or a second start of the application asks the window to do. */
export const menuCommandSchema = z.discriminatedUnion('command', [
  z.object({ command: z.literal('open') }),
  /** A file given on the command line or by the desktop; it is granted already. */
  z.object({ command: z.literal('open-path'), path: z.string() }),
  z.object({ command: z.literal('open-sample') }),
  z.object({ command: z.literal('new-conversation') }),
  z.object({ command: z.literal('search-history') }),
  z.object({ command: z.literal('toggle-theme') }),
  z.object({ command: z.literal('about') }),
]);
export type MenuCommand = z.infer<typeof menuCommandSchema>;

/** `data` of the window message that brings the engine's MessagePort (in `event.ports[0]`). */
export const enginePortMessage = 'merv:engine-port';

/**
 * What the desktop window can ask of its shell: `window.merv`, absent in a browser. Promises reject with an Error
 * whose message is a sentence for the user.
 */
export interface MervShell {
  /**
   * Brings a fresh MessagePort to the engine by a window message with `data === enginePortMessage`; waits while the
   * engine starts. A port dies with its engine, so this is called again after each `ready` state.
   */
  connectEngine(): Promise<void>;
  /** Calls back at once with the present state, then at each change. Returns the function that ends it. */
  onEngineState(listener: (state: EngineState) => void): () => void;
  restartEngine(): Promise<void>;
  /** The native dialog; null where it was dismissed. A chosen path is granted to the engine before this resolves. */
  chooseVideo(): Promise<string | null>;
  /** As {@link chooseVideo}, for a folder of frames. */
  chooseFolder(): Promise<string | null>;
  /** The path of a dropped file, granted to the engine. */
  pathOfDroppedFile(file: File): Promise<string>;
  /** The bundled sample clip's path, granted to the engine. */
  openSample(): Promise<string>;
  /** Asks where to save and writes the text; the path, or null where the dialog was dismissed. */
  saveText(fileName: string, text: string): Promise<string | null>;
  /** The address a <video> element plays an opened video from. */
  mediaUrl(videoId: string): string;
  showInFolder(videoId: string): Promise<void>;
  onMenu(listener: (command: MenuCommand) => void): () => void;
}

declare global {
  interface Window {
    readonly merv?: MervShell;
  }
}
