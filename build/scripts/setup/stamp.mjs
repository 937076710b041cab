import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { at, cache } from './folders.mjs';

/**
 * SHA-256 over the names and contents of files and folders of the repository, to tell whether a step is done.
 * @param {readonly string[]} paths relative to the repository; a folder stands for all files below it
 */
export function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesUnder).sort()) {
    const content = readFileSync(at(path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** @param {string} path @returns {string[]} */
function filesUnder(path) {
  if (!existsSync(at(path))) return [];
  /** @type {string[]} */
  const files = [];
  /** @param {string} name */
  const visit = (name) => {
    for (const entry of readdirSync(at(name), { withFileTypes: true })) {
      if (entry.isDirectory()) visit(`${name}/${entry.name}`);
      else files.push(`${name}/${entry.name}`);
    }
  };
  try {
    visit(path);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOTDIR') throw error;
    files.push(path);
  }
  return files;
}

/** @param {string} name @returns {string | null} */
export function readStamp(name) {
  try {
    return readFileSync(join(cache, 'stamps', name), 'utf8');
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} value */
export function writeStamp(name, value) {
  const path = join(cache, 'stamps', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.tmp`, value);
  renameSync(`${path}.tmp`, path);
}
