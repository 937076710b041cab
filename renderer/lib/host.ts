import type { ContractRouterClient } from '@orpc/contract';
import type { contract } from '../../engine/contract/contract.ts';
import type { EngineState, MenuCommand } from '../../engine/contract/shell.ts';

/** The contract as the page calls it. */
export type EngineClient = ContractRouterClient<typeof contract>;

/** One connection to one life of the engine. */
export interface EngineLink {
  readonly client: EngineClient;
  /** Resolves, never rejects, when the connection is gone; the reason is for people. */
  readonly closed: Promise<string>;
  close(): void;
}

/** Where the page runs: the desktop window or a browser in front of `merv serve`. */
export interface Host {
  readonly kind: 'desktop' | 'browser';
  /** One attempt; rejects where the engine cannot be reached now. */
  connect(signal: AbortSignal): Promise<EngineLink>;
  /** What the shell says about the engine's process; a browser has nobody to say it and never calls back. */
  onEngineState(callback: (state: EngineState) => void): () => void;
  /** Starts a stopped engine; null where the page cannot. */
  readonly restartEngine: (() => Promise<void>) | null;
  /** Asks the user for a file; its path on the engine's machine, or null. */
  chooseVideo(onProgress: UploadProgress): Promise<string | null>;
  /** Null where folders cannot be chosen (a browser cannot hand over a folder's path). */
  readonly chooseFolder: (() => Promise<string | null>) | null;
  /** The path, on the engine's machine, of a file dropped on the page. */
  receiveFile(file: File, onProgress: UploadProgress): Promise<string>;
  /** The sample clip's path, allowed to be opened; null where the engine's own word for it (system.info) is enough. */
  readonly openSample: (() => Promise<string>) | null;
  saveText(fileName: string, text: string): Promise<boolean>;
  mediaUrl(videoId: string): string;
  /** Null where there is no file manager to show. */
  readonly showInFolder: ((videoId: string) => Promise<void>) | null;
  /** Files of models on this machine; null where the page cannot name any (a browser). */
  readonly models: {
    chooseFile(): Promise<string | null>;
    chooseFolder(): Promise<string | null>;
    chooseExportPath(fileName: string): Promise<string | null>;
    /** Where all models go. */
    chooseModelsFolder(): Promise<string | null>;
    showFolder(folder: string): Promise<void>;
  } | null;
  /** Files for training on this machine; null where the page cannot name any (a browser). */
  readonly training: {
    chooseDataFile(): Promise<string | null>;
    chooseMediaFolder(): Promise<string | null>;
    /** A folder that is not there yet. */
    chooseRunExport(name: string): Promise<string | null>;
  } | null;
  /** Opens an https address outside the application. */
  openLink(url: string): Promise<void>;
  onMenu(callback: (command: MenuCommand) => void): () => void;
  /** A file that came from outside the page: the command line or the desktop. */
  onOpenPath(callback: (path: string) => void): () => void;
}

/** The file that is being sent to the engine's machine and how much of it is there, 0 to 1. */
export type UploadProgress = (name: string, part: number) => void;
