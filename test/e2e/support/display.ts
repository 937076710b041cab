import { spawn } from 'node:child_process';

/**
 * Vitest global set-up: a virtual display for the window tests where there is no real one. Its number is chosen by
 * Xvfb, so that several test runs can stand side by side.
 */
export async function setup(): Promise<(() => void) | undefined> {
  if (process.platform !== 'linux' || process.env.DISPLAY || !process.env.MERV_TEST_ELECTRON)
    return undefined;
  const xvfb = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1440x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = await new Promise<string>((resolve, reject) => {
    xvfb.on('error', reject);
    xvfb.on('close', (code) => reject(new Error(`Xvfb ended with code ${code}.`)));
    xvfb.stdio[3]?.on('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
  });
  process.env.DISPLAY = `:${number}`;
  return () => {
    xvfb.removeAllListeners('close');
    xvfb.kill();
  };
}
