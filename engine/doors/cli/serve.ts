import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { ExpectedError } from '../../contract/errors.ts';
import type { Folders } from '../../store/folders.ts';
import { rendererFolder } from '../places.ts';
import { type RunningEngine, type StartOptions, startEngine } from '../start-engine.ts';
import { serveWeb, type WebDoor, type WebOptions } from '../websocket.ts';
import type { ServeFlags } from './flags.ts';
import type { Terminal } from './terminal.ts';

/** Where it listens unless told otherwise, so that a bookmark lasts. */
const usualPort = 4717;
const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

/** Serves until Ctrl-C. Throws ExpectedError where it cannot start. */
export async function serve(
  flags: ServeFlags,
  folders: Folders,
  terminal: Terminal,
  answererFor?: StartOptions['answererFor'],
): Promise<void> {
  const engine = startEngine({
    folders,
    keepHistory: true,
    runs: 'all',
    mayOpen: (path) => liesIn(folders.uploads, path),
    ...(answererFor && { answererFor }),
  });
  for (const warning of engine.warnings) terminal.err(`Note: ${warning}\n`);
  try {
    const door = await open(flags, folders, engine);
    terminal.out(`MERV Studio is at ${door.address}\n`);
    if (!loopback.has(flags.host)) {
      terminal.err(
        'Note: the connection is not encrypted. Across a network, reach it through `ssh -L` instead.\n',
      );
    }
    await aborted(terminal.signal);
    await door.close();
  } finally {
    await engine.close();
  }
}

async function open(
  { host, port, token }: ServeFlags,
  folders: Folders,
  engine: RunningEngine,
): Promise<WebDoor> {
  const options: Omit<WebOptions, 'port'> = {
    engine,
    host,
    token,
    rendererFolder: rendererFolder(),
    uploadsFolder: folders.uploads,
  };
  try {
    return await serveWeb({ ...options, port: port ?? usualPort });
  } catch (error) {
    if (port === null && error instanceof ExpectedError && error.code === 'busy') {
      return serveWeb({ ...options, port: 0 });
    }
    throw error;
  }
}

/** Uploaded files only: a browser names no other file of this machine. Links that lead elsewhere do not count. */
function liesIn(folder: string, path: string): boolean {
  try {
    return realpathSync(path).startsWith(realpathSync(folder) + sep);
  } catch {
    return false;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
