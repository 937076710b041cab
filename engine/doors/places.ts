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

/** The program of a trainer's process. */
export function trainerFile(): string {
  return process.env.MERV_TRAINER || join(root(), 'dist', 'engine', 'trainer.cjs');
}

/** Where the training addon may lie, in the order of trying. */
export function addonFiles(dataFolder: string): readonly string[] {
  const name = join('native', 'merv-torch.node');
  const named = process.env.MERV_NATIVE;
  const built = join(process.env.MERV_CACHE ?? join(root(), '.cache'), name);
  return [...(named ? [named] : []), built, join(dataFolder, name)];
}
