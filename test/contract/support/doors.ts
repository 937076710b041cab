import { MessageChannel } from 'node:worker_threads';
import { createORPCClient } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import { WebSocket } from 'ws';
import type { FromEngine } from '../../../engine/contract/control.ts';
import { createLocalClient, type EngineClient } from '../../../engine/doors/in-process.ts';
import { type ParentPort, serveIpc } from '../../../engine/doors/ipc-server.ts';
import { type StartOptions, startEngine } from '../../../engine/doors/start-engine.ts';
import { serveWeb } from '../../../engine/doors/websocket.ts';
import { openFolders } from '../../../engine/store/folders.ts';
import { scriptedAnswerer } from './scripted-answerer.ts';

/** One way into an engine: the real services, store and door; in `doors` the model is scripted. */
export interface OpenDoor {
  readonly client: EngineClient;
  /** What the user does to pick a file, where the door asks for it. */
  grant(path: string): Promise<void>;
  /** Cuts this client off, as a closed window does; the engine lives on. */
  cut(): void;
  /** Another client of the same engine. */
  another(): Promise<EngineClient>;
  close(): Promise<void>;
}
export type OpenDoorAt = (home: string) => Promise<OpenDoor>;

/** Without one: the real models. */
type AnswererFor = Pick<StartOptions, 'answererFor'>;

const inProcess =
  (answering: AnswererFor): OpenDoorAt =>
  async (home) => {
    const engine = startEngine({
      folders: openFolders(home),
      keepHistory: true,
      runs: 'all',
      mayOpen: () => true,
      ...answering,
    });
    return {
      client: createLocalClient(engine),
      grant: async () => {},
      cut: () => {},
      another: async () => createLocalClient(engine),
      close: () => engine.close(),
    };
  };

/** As in Electron: a parent port for control messages, and one MessagePort a window. */
const ipc =
  (answering: AnswererFor): OpenDoorAt =>
  async (home) => {
    const told: FromEngine[] = [];
    let toEngine: Parameters<ParentPort['on']>[1] = () => {};
    const parent: ParentPort = {
      on: (_, listener) => {
        toEngine = listener;
      },
      postMessage: (message) => void told.push(message),
    };
    const door = serveIpc(parent, (policy) =>
      startEngine({ ...policy, folders: openFolders(home), keepHistory: true, runs: 'all', ...answering }),
    );
    const windows: MessageChannel[] = [];
    const connect = (): EngineClient => {
      const channel = new MessageChannel();
      windows.push(channel);
      toEngine({ data: { type: 'connect' }, ports: [channel.port2] });
      channel.port1.start();
      return createORPCClient(new PortLink({ port: channel.port1 }));
    };
    let grants = 0;
    return {
      client: connect(),
      grant: async (path) => {
        toEngine({ data: { type: 'grant', id: ++grants, path }, ports: [] });
        if (!told.some((message) => message.type === 'granted' && message.id === grants))
          throw new Error('not granted');
      },
      cut: () => windows[0]!.port1.close(),
      another: async () => connect(),
      async close() {
        toEngine({ data: { type: 'close' }, ports: [] });
        await door.closed;
        for (const { port1 } of windows) port1.close();
      },
    };
  };

const websocket =
  (answering: AnswererFor): OpenDoorAt =>
  async (home) => {
    const folders = openFolders(home);
    const granted = new Set<string>();
    const engine = startEngine({
      folders,
      keepHistory: true,
      runs: 'all',
      mayOpen: (path) => granted.has(path),
      ...answering,
    });
    const door = await serveWeb({
      engine,
      rendererFolder: home,
      uploadsFolder: folders.uploads,
      host: '127.0.0.1',
      port: 0,
      token: null,
    });
    const sockets: WebSocket[] = [];
    const connect = async (): Promise<EngineClient> => {
      const socket = await openSocket(door.address);
      sockets.push(socket);
      return clientOf(socket);
    };
    return {
      client: await connect(),
      grant: async (path) => void granted.add(path),
      cut: () => sockets[0]!.terminate(),
      another: connect,
      async close() {
        await door.close();
        await engine.close();
      },
    };
  };

/** As a browser does it: the token once for a cookie, then a socket with the cookie and an Origin. */
export async function openSocket(address: string): Promise<WebSocket> {
  const { origin, host } = new URL(address);
  const login = await fetch(address, { redirect: 'manual' });
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
  const socket = new WebSocket(`ws://${host}/rpc`, { headers: { cookie, origin } });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return socket;
}

export function clientOf(socket: WebSocket): EngineClient {
  return createORPCClient(new SocketLink({ websocket: socket as unknown as globalThis.WebSocket }));
}

const doorsWith = (answering: AnswererFor): readonly (readonly [string, OpenDoorAt])[] => [
  ['in-process', inProcess(answering)],
  ['IPC', ipc(answering)],
  ['WebSocket', websocket(answering)],
];

export const doors = doorsWith({ answererFor: scriptedAnswerer });
/** With the answer path that the application has. */
export const realDoors = doorsWith({});
