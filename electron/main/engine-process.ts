import { utilityProcess } from 'electron';
import type { EngineProcess } from './engine-supervisor.ts';

/** Starts the engine's bundle `entry` in a utility process: a native crash in it leaves the window standing. */
export function spawnEngine(entry: string, env: Readonly<Record<string, string | undefined>>): EngineProcess {
  const child = utilityProcess.fork(entry, [], {
    env: { ...env },
    serviceName: 'MERV Studio engine',
    stdio: 'inherit',
  });
  return {
    post: (message, ports = []) => child.postMessage(message, [...ports]),
    onMessage: (listener) => child.on('message', listener),
    onExit: (listener) => child.on('exit', listener),
    kill: () => child.kill(),
  };
}
