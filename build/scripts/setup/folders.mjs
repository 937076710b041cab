import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '');

/** What set-up keeps between starts: stamps, and the Electron runtime where the usual download is refused. */
export const cache = process.env.MERV_CACHE ?? join(root, '.cache');

/** @param {...string} parts */
export const at = (...parts) => join(root, ...parts);
