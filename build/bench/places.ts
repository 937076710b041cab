import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setUpStarter } from '../../engine/hub/setup.ts';
import { fetchStarterParts, type StarterPart } from '../../engine/hub/starter.ts';
import { type Folders, openFolders } from '../../engine/store/folders.ts';
import { hashOf } from '../scripts/setup/stamp.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const resources = join(root, 'resources');
export const sample = join(resources, 'sample.mp4');
/** The built command line. */
export const program = join(root, 'dist', 'cli', 'merv.cjs');

/** A data folder of the benchmark's own: MERV_HOME, or one that stays in .cache. */
export const home = process.env.MERV_HOME ?? join(root, '.cache', 'bench', 'home');

/** For what a benchmark makes and may keep. */
export const scratch = join(root, '.cache', 'bench');

/** The starter model, set up where it is not yet. */
export async function starter(): Promise<Folders> {
  const folders = openFolders(home);
  await setUpStarter({
    modelsFolder: folders.models,
    resourcesFolder: resources,
    onProgress: (sentence) => console.error(sentence),
    signal: new AbortController().signal,
  });
  return folders;
}

/** One of the files that the starter model is made from. */
export async function starterPart(folders: Folders, id: StarterPart['id']): Promise<StarterPart> {
  const parts = await fetchStarterParts({
    folder: join(folders.models, '.parts'),
    onProgress: () => {},
    signal: new AbortController().signal,
  });
  const part = parts.find((each) => each.id === id);
  if (part === undefined) throw new Error(`no starter part ${id}`);
  return part;
}

/** A graph that `write` makes, kept for as long as the code that writes graphs stays the same. */
export async function keptGraph(name: string, write: (file: string) => Promise<void>): Promise<string> {
  const stamp = hashOf(['engine/nn', 'engine/models', 'engine/weights']).slice(0, 16);
  const graphs = join(root, '.cache', 'bench', 'graphs');
  const folder = join(graphs, stamp);
  const file = join(folder, `${name}.onnx`);
  if (existsSync(file)) return file;
  if (!existsSync(folder)) await rm(graphs, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  console.error(`Writing ${name} …`);
  await write(file);
  return file;
}
