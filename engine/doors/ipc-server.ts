import { resolve } from 'node:path';
import type { SupportedMessagePort } from '@orpc/client/message-port';
import { RPCHandler } from '@orpc/server/message-port';
import { type FromEngine, toEngineSchema } from '../contract/control.ts';
import { ExpectedError } from '../contract/errors.ts';
import type { RunningEngine, StartOptions } from './start-engine.ts';

type EnginePort = SupportedMessagePort & { readonly start?: () => void };

/** What a utility process has of its parent. */
export interface ParentPort {
  on(
    event: 'message',
    listener: (event: { readonly data: unknown; readonly ports: readonly EnginePort[] }) => void,
  ): void;
  postMessage(message: FromEngine): void;
}

export interface IpcDoor {
  /** Stops and keeps what runs. */
  close(): Promise<void>;
  /** The exit code, once the door is closed. */
  readonly closed: Promise<number>;
}

/** What the user picked may be opened; what was opened before may be opened again (the engine knows that). */
type Policy = Pick<StartOptions, 'mayOpen' | 'onVideo'>;

/** The contract over the MessagePorts that the shell hands on, and the few control messages between the two. */
export function serveIpc(parent: ParentPort, start: (policy: Policy) => RunningEngine): IpcDoor {
  const granted = new Set<string>();
  let settle: (code: number) => void = () => {};
  const closed = new Promise<number>((resolved) => {
    settle = resolved;
  });

  const engine = startOrTell(parent, () =>
    start({
      mayOpen: (path) => granted.has(path),
      onVideo: ({ id, path }) => parent.postMessage({ type: 'media', id, path }),
    }),
  );
  if (!engine) {
    // The message is on its way through another process; an exit at once could overtake it.
    setTimeout(() => settle(1), 200);
    return { closed, close: async () => {} };
  }

  const handler = new RPCHandler(engine.router);
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= engine.close().then(
      () => settle(0),
      (error: unknown) => {
        console.error('Bug while the engine closed:', error);
        settle(1);
      },
    );
    return closing;
  };

  parent.on('message', ({ data, ports }) => {
    const message = toEngineSchema.safeParse(data);
    if (!message.success) {
      console.error('The shell sent a message of an unknown form:', message.error.message);
      return;
    }
    switch (message.data.type) {
      case 'connect': {
        const port = ports[0];
        if (!port) return;
        handler.upgrade(port, { context: {} });
        port.start?.();
        return;
      }
      case 'grant':
        granted.add(resolve(message.data.path));
        parent.postMessage({ type: 'granted', id: message.data.id });
        return;
      case 'close':
        void close();
        return;
      default:
        message.data satisfies never;
    }
  });
  for (const warning of engine.warnings) console.error(warning);
  parent.postMessage({ type: 'ready' });
  return { close, closed };
}

function startOrTell(parent: ParentPort, start: () => RunningEngine): RunningEngine | null {
  try {
    return start();
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    parent.postMessage({ type: 'fatal', sentence: error.message, remedy: error.remedy });
    return null;
  }
}
