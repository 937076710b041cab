import { existsSync } from 'node:fs';
import { ensureBuilt } from './bundle.mjs';
import { ensureElectron } from './electron.mjs';
import { ensureFfmpeg } from './ffmpeg.mjs';
import { root } from './folders.mjs';
import { exclusively } from './lock.mjs';
import { ensureModel } from './model.mjs';
import { ensurePackages } from './packages.mjs';
import { SetupError } from './say.mjs';

/** Refuses what cannot work, before anything is fetched. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupError(
      `This is Node ${process.versions.node}; MERV Studio needs 20.19 or newer. Install it and start again.`,
    );
  }
  if (!existsSync(root)) throw new SetupError(`The folder ${root} is gone.`);
}

/**
 * Everything a start needs, each step skipped where it is done. Returns the Electron program, or null where none
 * was asked for.
 * @param {{ electron: boolean, model: boolean }} wanted
 */
export async function setUp(wanted) {
  checkNode();
  return exclusively(async () => {
    await ensurePackages();
    await ensureFfmpeg();
    await ensureBuilt();
    if (wanted.model) await ensureModel();
    return wanted.electron ? ensureElectron() : null;
  });
}
