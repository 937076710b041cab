import { existsSync } from 'node:fs';
import { runCommand, which } from './command.mjs';
import { say } from './say.mjs';

/** Whether this process may install Debian packages. */
export function aptAllowed() {
  return (
    process.platform === 'linux' &&
    process.getuid?.() === 0 &&
    existsSync('/etc/debian_version') &&
    which('apt-get') !== null
  );
}

/**
 * Installs Debian packages; a no-op for an empty list.
 * @param {readonly string[]} packages
 * @returns {Promise<boolean>} whether they are there now
 */
export async function aptInstall(packages) {
  if (packages.length === 0) return true;
  if (!aptAllowed()) return false;
  say(`installing with apt-get: ${packages.join(' ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runCommand('apt-get', ['update', '-q'], { env });
  const result = await runCommand(
    'apt-get',
    ['install', '-y', '-q', '--no-install-recommends', ...packages],
    { env },
  );
  if (result.code !== 0) say(`apt-get failed: ${result.output.trim().split('\n').at(-1)}`);
  return result.code === 0;
}
