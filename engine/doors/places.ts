import { join, resolve } from 'node:path';

/**
 * The folder that holds dist/ and resources/. Bundles lie two folders below it (dist/engine, dist/cli); run from
 * source, where modules have no __dirname, it is the folder one works in.
 */
function root(): string {
  return typeof __dirname === 'string' ? resolve(__dirname, '..', '..') : process.cwd();
}

/** The sample clip and what else comes with the application. The launcher may name another in MERV_RESOURCES. */
export function resourcesFolder(): string {
  return process.env.MERV_RESOURCES || join(root(), 'resources');
}

/** The built interface. */
export function rendererFolder(): string {
  return join(root(), 'dist', 'renderer');
}
