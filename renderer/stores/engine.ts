import { createStore } from 'zustand/vanilla';
import type { SystemInfo } from '../../engine/contract/system.ts';
import { type EngineStatus, type Supervisor, superviseEngine } from '../lib/engine-supervisor.ts';
import { Disconnected } from '../lib/failure.ts';
import type { EngineClient, Host } from '../lib/host.ts';

export interface EngineState {
  readonly status: EngineStatus;
  /** Of the latest life of the engine; null before the first one answered. */
  readonly info: SystemInfo | null;
  /** Counts the engine's lives, so that others can reload what they show. */
  readonly lives: number;
}

/** The connection to the engine, and what the window says about it. */
export function createEngineStore(host: Host) {
  let supervisor: Supervisor | null = null;
  const store = createStore<EngineState>(() => ({ status: { kind: 'starting' }, info: null, lives: 0 }));
  return {
    store,
    /** The connected engine; throws Disconnected while there is none. */
    client: (): EngineClient => {
      if (supervisor === null) throw new Disconnected();
      return supervisor.client();
    },
    connect: (): void => {
      supervisor ??= superviseEngine(host, {
        onStatus: (status) => store.setState({ status }),
        onConnected: (_client, info) => store.setState((state) => ({ info, lives: state.lives + 1 })),
      });
    },
    restart: (): void => supervisor?.restart(),
    dispose: (): void => {
      supervisor?.dispose();
      supervisor = null;
    },
  };
}
export type EngineStore = ReturnType<typeof createEngineStore>;

/** What the other stores need of it. */
export type EngineAccess = Pick<EngineStore, 'client'>;
