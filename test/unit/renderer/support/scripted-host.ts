import type { EngineState } from '../../../../engine/contract/shell.ts';
import { Disconnected } from '../../../../renderer/lib/failure.ts';
import type { Host } from '../../../../renderer/lib/host.ts';
import { type Life, type Script, startLife } from './scripted-engine.ts';

/** A host whose engine can be killed, hung and started again. */
export interface ScriptedHost extends Host {
  /** The engine dies; a new life answers the next connection after `downMs`. */
  crash(downMs: number): void;
  /** The engine dies for good until the window restarts it. */
  giveUp(reason: string): void;
  hang(on: boolean): void;
  readonly saved: { readonly fileName: string; readonly text: string }[];
  /** Addresses that were opened outside the application. */
  readonly links: string[];
  /** What the file dialog answers next. */
  nextChoice: string | null;
}

export function scriptedHost(
  script: Script,
  mediaUrl: (videoId: string) => string = (id) => id,
): ScriptedHost {
  const listeners = new Set<(state: EngineState) => void>();
  const links: string[] = [];
  const saved: { fileName: string; text: string }[] = [];
  let life: Life | null = startLife(script);
  let state: EngineState = { state: 'ready', restarts: 0 };
  const tell = (next: EngineState) => {
    state = next;
    for (const listener of listeners) listener(next);
  };
  const revive = () => {
    life = startLife(script);
    tell({ state: 'ready', restarts: state.restarts });
  };
  const host: ScriptedHost = {
    kind: 'desktop',
    connect: async () => {
      if (life === null) throw new Disconnected();
      const mine = life;
      return {
        client: mine.client,
        closed: mine.dead.then(() => 'It was ended by SIGKILL.'),
        close: () => {},
      };
    },
    onEngineState: (callback) => {
      listeners.add(callback);
      callback(state);
      return () => listeners.delete(callback);
    },
    restartEngine: async () => {
      life?.kill();
      revive();
    },
    chooseVideo: async () => host.nextChoice,
    chooseFolder: async () => host.nextChoice,
    receiveFile: async (file) => `/media/${file.name}`,
    openSample: null,
    saveText: async (fileName, text) => {
      saved.push({ fileName, text });
      return true;
    },
    mediaUrl,
    showInFolder: async () => {},
    models: {
      chooseFile: async () => host.nextChoice,
      chooseFolder: async () => host.nextChoice,
      chooseExportPath: async () => host.nextChoice,
      chooseModelsFolder: async () => host.nextChoice,
      showFolder: async () => {},
    },
    training: {
      chooseDataFile: async () => host.nextChoice,
      chooseMediaFolder: async () => host.nextChoice,
      chooseRunExport: async () => host.nextChoice,
    },
    openLink: async (url) => {
      links.push(url);
    },
    onMenu: () => () => {},
    onOpenPath: () => () => {},
    crash: (downMs) => {
      const old = life;
      life = null;
      tell({ state: 'starting', reason: 'It was ended by SIGKILL.', restarts: state.restarts + 1 });
      old?.kill();
      setTimeout(revive, downMs);
    },
    giveUp: (reason) => {
      const old = life;
      life = null;
      tell({ state: 'stopped', reason, restarts: state.restarts });
      old?.kill();
    },
    hang: (on) => {
      if (life) life.beating.stopped = on;
    },
    saved,
    links,
    nextChoice: '/media/sample.mp4',
  };
  return host;
}
