import { openFolders } from '../store/folders.ts';
import { type ParentPort, serveIpc } from './ipc-server.ts';
import { startEngine } from './start-engine.ts';

/** Electron's utility process: https://www.electronjs.org/docs/latest/api/parent-port */
const { parentPort } = process as NodeJS.Process & { readonly parentPort?: ParentPort };
if (!parentPort) throw new Error('This file is the entry of the engine as a utility process of Electron.');

const door = serveIpc(parentPort, (policy) =>
  startEngine({ ...policy, folders: openFolders(), keepHistory: true, runs: 'all' }),
);
process.once('SIGTERM', () => void door.close());
process.once('SIGINT', () => void door.close());
process.once('disconnect', () => void door.close());
door.closed.then((code) => process.exit(code));
