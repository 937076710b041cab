import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { environment } from './desktop.ts';
import { chromiumPath, root } from './machine.ts';

export interface Served {
  /** With the token, as printed for people. */
  readonly address: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Runs the built `merv serve` on a free port and waits for the address it prints. */
export async function serve(home: string): Promise<Served> {
  const child = spawn(process.execPath, [join(root, 'dist', 'cli', 'merv.cjs'), 'serve', '--port', '0'], {
    env: environment(home),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    const read = (chunk: Buffer) => {
      said += chunk.toString();
      const found = /http:\/\/\S+token=\S+/.exec(said);
      if (found) resolve(found[0]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('close', (code) => reject(new Error(`merv serve ended with code ${code}: ${said}`)));
  });
  return {
    address,
    process: child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'close');
    },
  };
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
