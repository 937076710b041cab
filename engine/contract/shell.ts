/**
 * What the desktop shell offers the page, as `window.merv`. The preload script exposes exactly these functions;
 * in a browser (`merv serve`) the bridge is absent and renderer/lib/host.ts does without it.
 * Promises reject with an Error whose message is a sentence for the user.
 */

/** How the shell sees the engine's process. `stopped` is final until {@link ShellBridge.restartEngine} is called. */
export type EngineState =
  /** reason: why it had to be started again; null at the first start. */
  | { readonly state: 'starting'; readonly reason: string | null; readonly restarts: number }
  | { readonly state: 'ready'; readonly restarts: number }
  | { readonly state: 'stopped'; readonly reason: string; readonly restarts: number };

/** Chosen in the application's menu, for the page to carry out. */
export const menuCommands = [
  'openVideo',
  'openFolder',
  'newConversation',
  'searchHistory',
  'toggleSidebar',
  'toggleTheme',
  'sampling',
  'shortcuts',
  'ask',
  'models',
  'discover',
  'downloads',
  'compare',
  'train',
  'settings',
  'installFile',
  'installFolder',
] as const;
export type MenuCommand = (typeof menuCommands)[number];

export interface ShellBridge {
  /**
   * Asks for a fresh connection to the engine. Its MessagePort arrives in the page as
   * `message` event with `data === enginePortMessage` and the port in `ports[0]`; resolves once it was sent, so it
   * waits while the engine starts. A port dies with its engine: call again after each `ready` state.
   */
  connectEngine(): Promise<void>;
  /** Calls back at once with the present state, then at each change. Returns the unsubscribe function. */
  onEngineState(callback: (state: EngineState) => void): () => void;
  restartEngine(): Promise<void>;
  /** Shows the file dialog; the chosen absolute path, or null. The engine may open it from then on. */
  chooseVideo(): Promise<string | null>;
  /** Shows the folder dialog (a folder of frames); the chosen absolute path, or null. */
  chooseFolder(): Promise<string | null>;
  /** The absolute path of a file that was dropped on the window; the engine may open it once this resolves. */
  pathOfDroppedFile(file: File): Promise<string>;
  /** The bundled sample clip's path; the engine may open it once this resolves. */
  openSample(): Promise<string>;
  /** Shows the save dialog and writes the file; false where the user cancelled. */
  saveText(fileName: string, text: string): Promise<boolean>;
  /** Where the page can play a video that was opened: supports byte ranges. */
  mediaUrl(videoId: string): string;
  showInFolder(videoId: string): Promise<void>;
  /** Asks for a file to install a model from (GGUF, exported model, checkpoint); the engine may open it from then on. */
  chooseModelFile(): Promise<string | null>;
  /** Asks for a model's folder; the engine may open it from then on. */
  chooseModelFolder(): Promise<string | null>;
  /** Shows the save dialog for an exported model; the engine may write there from then on. */
  chooseExportPath(fileName: string): Promise<string | null>;
  /** Asks for the folder that all models are moved to; the engine may write there from then on. */
  chooseModelsFolder(): Promise<string | null>;
  /** Asks for a data set to train on; the engine may read it from then on. */
  chooseDataFile(): Promise<string | null>;
  /** Asks for the folder that a data set's videos are in; the engine may read there from then on. */
  chooseMediaFolder(): Promise<string | null>;
  /** Asks where a new folder with what a run learned goes; the engine may write there from then on. */
  chooseRunExport(name: string): Promise<string | null>;
  /** Shows an installed model's folder, `folder` as `models.inspect` names it, in the file manager. */
  showModelFolder(folder: string): Promise<void>;
  /** Opens an https address in the user's own browser; only in answer to a click or a key. */
  openLink(url: string): Promise<void>;
  onMenu(callback: (command: MenuCommand) => void): () => void;
  /** A file given on the command line, by the desktop or to a second start of the application; granted already. */
  onOpenPath(callback: (path: string) => void): () => void;
}

/** `data` of the window message that carries the engine's port. */
export const enginePortMessage = 'merv:engine-port';

declare global {
  interface Window {
    readonly merv?: ShellBridge;
  }
}
