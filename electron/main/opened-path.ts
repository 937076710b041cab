import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * The file that a command line names: its last argument that is no flag, no part of the application itself and is
 * there. `ownPaths`: the executable and the application's folder, which a development start passes as an argument.
 */
export function openedPath(argv: readonly string[], cwd: string, ownPaths: readonly string[]): string | null {
  const own = new Set(ownPaths.map((path) => resolve(path)));
  const files = argv
    .filter((argument) => argument !== '' && !argument.startsWith('-'))
    .map((argument) => resolve(cwd, argument))
    .filter((path) => !own.has(path) && existsSync(path));
  return files.at(-1) ?? null;
}
