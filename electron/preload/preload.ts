import { contextBridge, type IpcRendererEvent, ipcRenderer, webUtils } from 'electron';
import {
  type EngineState,
  enginePortMessage,
  type MenuCommand,
  type ShellBridge,
} from '../../engine/contract/shell.ts';
import { channels, mediaUrl } from '../common/channels.ts';

/** Listens to one channel; returns the function that ends it. The event object never reaches the page. */
function listen<T>(channel: string, callback: (value: T) => void): () => void {
  const listener = (_event: IpcRendererEvent, value: T) => callback(value);
  ipcRenderer.on(channel, listener);
  return () => ipcRenderer.off(channel, listener);
}

/** Asks the main process, without Electron's "Error invoking remote method" in front of its sentence. */
async function ask<T>(channel: string, ...args: readonly unknown[]): Promise<T> {
  const reply: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly sentence: string } =
    await ipcRenderer.invoke(channel, ...args);
  if (!reply.ok) throw new Error(reply.sentence);
  return reply.value;
}

/** Electron before 32 has no webUtils and gives File a `path` of its own. */
function pathOf(file: File): string {
  const utils: typeof webUtils | undefined = webUtils;
  return utils ? utils.getPathForFile(file) : ((file as { readonly path?: string }).path ?? '');
}

// A MessagePort cannot cross the context bridge; a window message is the way Electron documents.
ipcRenderer.on(channels.enginePort, (event) => {
  window.postMessage(enginePortMessage, window.location.origin, [...event.ports]);
});

const bridge: ShellBridge = {
  connectEngine: () => ask<void>(channels.connectEngine),
  onEngineState: (callback) => {
    const stop = listen<EngineState>(channels.engineState, callback);
    void ask<EngineState>(channels.readEngineState).then(callback);
    return stop;
  },
  restartEngine: () => ask<void>(channels.restartEngine),
  chooseVideo: () => ask<string | null>(channels.chooseVideo),
  chooseFolder: () => ask<string | null>(channels.chooseFolder),
  pathOfDroppedFile: (file) => ask<string>(channels.grantDropped, pathOf(file)),
  openSample: () => ask<string>(channels.openSample),
  saveText: (fileName, text) => ask<boolean>(channels.saveText, fileName, text),
  mediaUrl,
  showInFolder: (videoId) => ask<void>(channels.showInFolder, videoId),
  chooseModelFile: () => ask<string | null>(channels.chooseModelFile),
  chooseModelFolder: () => ask<string | null>(channels.chooseModelFolder),
  chooseExportPath: (fileName) => ask<string | null>(channels.chooseExportPath, fileName),
  chooseModelsFolder: () => ask<string | null>(channels.chooseModelsFolder),
  chooseDataFile: () => ask<string | null>(channels.chooseDataFile),
  chooseMediaFolder: () => ask<string | null>(channels.chooseMediaFolder),
  chooseRunExport: (name) => ask<string | null>(channels.chooseRunExport, name),
  showModelFolder: (folder) => ask<void>(channels.showModelFolder, folder),
  openLink: (url) => {
    if (!navigator.userActivation.isActive)
      return Promise.reject(new Error('Links are opened only when you click them.'));
    return ask<void>(channels.openLink, url);
  },
  onMenu: (callback) => listen<MenuCommand>(channels.menu, callback),
  onOpenPath: (callback) => {
    const stop = listen<string>(channels.openPath, callback);
    void ask<string | null>(channels.takeOpenPath).then((path) => {
      if (path !== null) callback(path);
    });
    return stop;
  },
};

contextBridge.exposeInMainWorld('merv', bridge);
