import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { enginePortMessage, type ShellBridge } from '../../engine/contract/shell.ts';
import { Disconnected, HostError } from './failure.ts';
import type { EngineClient, EngineLink, Host } from './host.ts';

const portTimeoutMs = 15_000;

/** The page inside the desktop window: everything goes through the preload script's bridge. */
export function desktopHost(bridge: ShellBridge): Host {
  return {
    kind: 'desktop',
    connect: async (signal) => linkOverPort(await receivePort(bridge, signal), bridge),
    onEngineState: (callback) => bridge.onEngineState(callback),
    restartEngine: () => bridge.restartEngine(),
    chooseVideo: () => said(bridge.chooseVideo()),
    chooseFolder: () => said(bridge.chooseFolder()),
    receiveFile: (file) => said(bridge.pathOfDroppedFile(file)),
    openSample: () => said(bridge.openSample()),
    saveText: (fileName, text) => said(bridge.saveText(fileName, text)),
    mediaUrl: (videoId) => bridge.mediaUrl(videoId),
    showInFolder: (videoId) => said(bridge.showInFolder(videoId)),
    models: {
      chooseFile: () => said(bridge.chooseModelFile()),
      chooseFolder: () => said(bridge.chooseModelFolder()),
      chooseExportPath: (fileName) => said(bridge.chooseExportPath(fileName)),
      chooseModelsFolder: () => said(bridge.chooseModelsFolder()),
      showFolder: (folder) => said(bridge.showModelFolder(folder)),
    },
    training: {
      chooseDataFile: () => said(bridge.chooseDataFile()),
      chooseMediaFolder: () => said(bridge.chooseMediaFolder()),
      chooseRunExport: (name) => said(bridge.chooseRunExport(name)),
    },
    openLink: (url) => said(bridge.openLink(url)),
    onMenu: (callback) => bridge.onMenu(callback),
    onOpenPath: (callback) => bridge.onOpenPath(callback),
  };
}

/** The bridge rejects with sentences for the user. */
async function said<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new HostError(error instanceof Error ? error.message : String(error));
  }
}

/** Waits for the engine's port, which the preload script posts to the window. */
function receivePort(bridge: ShellBridge, signal: AbortSignal): Promise<MessagePort> {
  return new Promise((resolve, reject) => {
    const finish = (act: () => void) => {
      clearTimeout(timer);
      window.removeEventListener('message', onMessage);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onMessage = (event: MessageEvent) => {
      const port = event.ports[0];
      if (event.source !== window || event.data !== enginePortMessage || !port) return;
      finish(() => resolve(port));
    };
    const onAbort = () => finish(() => reject(new Disconnected()));
    const timer = setTimeout(onAbort, portTimeoutMs);
    window.addEventListener('message', onMessage);
    signal.addEventListener('abort', onAbort);
    bridge.connectEngine().catch((error: unknown) => finish(() => reject(error)));
  });
}

/**
 * A client over the port. Older Chromium fires no `close` on a port whose other end died, so the shell's word that
 * the engine is no longer ready closes it too; pending calls are then rejected.
 */
function linkOverPort(port: MessagePort, bridge: ShellBridge): EngineLink {
  let tellClosed: (reason: string) => void = () => {};
  const closed = new Promise<string>((resolve) => {
    tellClosed = resolve;
  });
  const closeListeners: (() => void)[] = [];
  let open = true;
  const close = (reason: string) => {
    if (!open) return;
    open = false;
    unsubscribe();
    port.close();
    for (const listener of closeListeners) listener();
    tellClosed(reason);
  };
  const guarded = {
    addEventListener(type: string, listener: (event: MessageEvent) => void) {
      if (type === 'close') closeListeners.push(() => listener(new MessageEvent('close')));
      else port.addEventListener('message', listener);
    },
    postMessage(data: unknown) {
      if (!open) throw new Disconnected();
      port.postMessage(data);
    },
  };
  const client = createORPCClient<EngineClient>(
    new RPCLink({ port: guarded as Pick<MessagePort, 'addEventListener' | 'postMessage'> }),
  );
  port.addEventListener('close', () => close('The engine closed its connection.'));
  port.start();
  let life: number | null = null;
  const unsubscribe = bridge.onEngineState((state) => {
    life ??= state.restarts;
    if (state.state === 'ready' || (state.state === 'starting' && state.restarts === life)) return;
    // Not at once: the first call comes before `unsubscribe` is set.
    queueMicrotask(() => close(state.reason ?? 'The engine stopped.'));
  });
  return { client, closed, close: () => close('The window closed the connection.') };
}
