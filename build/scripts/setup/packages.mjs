import { readFileSync } from 'node:fs';
import { knownFailure, runCommand } from './command.mjs';
import { at } from './folders.mjs';
import { SetupError, say } from './say.mjs';

/**
 * @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, link?: boolean }} LockEntry
 * @typedef {{ packages: Record<string, LockEntry> }} Lockfile
 */

/** Whether node_modules holds what package-lock.json names, by the record npm keeps of its last installation. */
function installed() {
  try {
    /** @type {Lockfile} */
    const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8'));
    /** @type {Lockfile} */
    const present = JSON.parse(readFileSync(at('node_modules', '.package-lock.json'), 'utf8'));
    return Object.entries(wanted.packages).every(
      ([path, { version, optional }]) =>
        path === '' || present.packages[path]?.version === version || (optional && !present.packages[path]),
    );
  } catch {
    return false;
  }
}

/** Installs the packages that package-lock.json names, without running their scripts. */
export async function ensurePackages() {
  if (installed()) return;
  say('installing packages (npm ci) …');
  const npm = process.env.npm_execpath;
  const [program, first] = npm ? [process.execPath, [npm]] : ['npm', []];
  const result = await runCommand(program, [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (result.code === 0) return;
  const errors = result.output
    .split('\n')
    .filter((line) => line.startsWith('npm error'))
    .slice(0, 12);
  const why = knownFailure(result.output) ?? `npm said:\n${errors.join('\n')}\n`;
  throw new SetupError(
    `The packages could not be installed. ${why} Mend this and start again; nothing else is lost.`,
  );
}
