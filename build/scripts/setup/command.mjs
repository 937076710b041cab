import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './folders.mjs';

/**
 * @typedef {object} CommandResult
 * @property {number} code exit code; 1 for a signal, 127 where the program could not be started
 * @property {string} output the last 20,000 characters of stdout and stderr together
 */

/**
 * Runs a program to its end without a shell.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean, watch?: readonly string[], stallMs?: number }} [options]
 *   show: copy its output to our stderr. watch, stallMs: end it when none of these folders grew and nothing was
 *   printed for so long (a download through a network that swallows packets would otherwise wait for ever).
 * @returns {Promise<CommandResult>}
 */
export function runCommand(program, args, options = {}) {
  const { cwd = root, env = process.env, show = false, watch = [], stallMs = 0 } = options;
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: stallMs > 0,
    });
    let seen = Date.now();
    let size = -1;
    const timer = stallMs
      ? setInterval(() => {
          const now = watch.reduce((sum, path) => sum + sizeOf(path), 0);
          if (now !== size) seen = Date.now();
          size = now;
          if (Date.now() - seen > stallMs) endGroup(child.pid);
        }, 1000)
      : undefined;
    /** @param {Buffer} chunk */
    const take = (chunk) => {
      seen = Date.now();
      output = (output + chunk.toString()).slice(-20_000);
      if (show) process.stderr.write(chunk);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => {
      clearInterval(timer);
      resolve({ code: 127, output: error.message });
    });
    child.on('close', (code) => {
      clearInterval(timer);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** @param {number | undefined} pid leader of a process group */
function endGroup(pid) {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It ended in this moment.
  }
}

/** @param {string} path @returns {number} bytes of all files under it */
function sizeOf(path) {
  try {
    const info = statSync(path);
    if (!info.isDirectory()) return info.size;
    return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
  } catch {
    return 0;
  }
}

/** @param {string} program @returns {string | null} its path, where it is on PATH */
export function which(program) {
  const finder = process.platform === 'win32' ? 'where' : 'which';
  const found = spawnSync(finder, [program], { encoding: 'utf8' });
  return found.status === 0 ? (found.stdout.split('\n')[0]?.trim() ?? null) : null;
}

/**
 * The usual reasons of a failed download or installation, as a sentence; null for any other.
 * @param {string} output
 */
export function knownFailure(output) {
  if (/ENOSPC|No space left/i.test(output)) return 'The disk is full.';
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|ECONNRESET|Could not resolve|Temporary failure|NewConnectionError/i.test(
      output,
    )
  )
    return 'The network cannot be reached (or refuses the address).';
  if (/EACCES|Permission denied/i.test(output)) return 'A folder cannot be written.';
  return null;
}
