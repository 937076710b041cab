import { spawn } from 'node:child_process';
import { at } from './folders.mjs';
import { SetupError } from './say.mjs';

/**
 * Assembles the starter model where it is not there yet. The program knows what is missing: it checks, asks no
 * network when all is there, and says on stderr what it does.
 */
export async function ensureModel() {
  const code = await new Promise((resolve) => {
    const child = spawn(process.execPath, [at('dist', 'cli', 'merv.cjs'), 'setup'], {
      stdio: ['ignore', 2, 2],
    });
    child.on('error', () => resolve(127));
    child.on('close', resolve);
  });
  if (code !== 0) throw new SetupError('The starter model could not be assembled (the reason stands above).');
}
