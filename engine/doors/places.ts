import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readInstalled, separateTorch } from '../hub/libtorch/installed.ts';
import { libtorchVersion } from '../hub/libtorch/version.ts';
import type { SeparateTorch } from '../native/load.ts';

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

const addonName = 'merv-torch.node';

/** Where the training addon may lie, in the order of trying: named, of an installed application, of this checkout. */
function addonFiles(): readonly string[] {
  const named = process.env.MERV_NATIVE;
  const archive = root();
  const own = archive.endsWith('.asar')
    ? join(dirname(archive), 'native', addonName)
    : join(process.env.MERV_CACHE ?? join(archive, '.cache'), 'native', addonName);
  return [...(named ? [named] : []), own];
}

/** Whether the training engine itself is here, whatever becomes of libtorch. */
export function hasAddon(): boolean {
  return addonFiles().some((path) => existsSync(path));
}

/**
 * Where the training addon may find libtorch, in the order of trying: in the data folder, where a person has put it on
 * purpose; beside the addon, where whoever packed the application has put it; where this checkout has built it.
 */
export function torchPlaces(dataFolder: string): readonly (string | SeparateTorch)[] {
  const fetched = readInstalled(dataFolder).filter(({ manifest }) => manifest.version === libtorchVersion);
  return addonFiles().flatMap((addon) => [
    ...(existsSync(addon) ? fetched.map((each) => separateTorch(addon, each)) : []),
    addon,
  ]);
}
