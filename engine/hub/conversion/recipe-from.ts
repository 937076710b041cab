import { ExpectedError } from '../../contract/errors.ts';
import { folderRecipe, ggufRecipe } from './language-model-recipe.ts';
import { isMervConfig } from './merv-config.ts';
import { mervRecipe } from './merv-recipe.ts';
import { findFile, inFolder, type Place, type PlaceFile, type Places, readJsonObject } from './place.ts';
import type { ModelRecipe } from './recipe.ts';
import { nameOf, weightsPath } from './source-files.ts';

const latestCheckpoint = 'checkpoints/latest-checkpoint.pt';

/** Something in a place that can be installed. */
export interface Installable {
  /** For {@link recipeFrom}; null: the place itself. */
  readonly path: string | null;
  readonly title: string;
  readonly bytes: number;
}

/** What a listing holds that can be installed, as far as names tell. */
export function installable(place: Place): readonly Installable[] {
  const found: Installable[] = [];
  const total = (files: readonly PlaceFile[]) => files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const file of place.files) {
    const name = file.path.split('/').at(-1)!;
    const folder = file.path.slice(0, -name.length).replace(/\/$/, '');
    if (/\.gguf$/i.test(name)) found.push({ path: file.path, title: name, bytes: file.bytes });
    if (name !== 'config.json') continue;
    const title = folder === '' ? nameOf(place) : folder;
    const checkpoint = checkpointIn(place, folder);
    const weights = weightsPath(place, folder);
    if (checkpoint !== null) found.push({ path: folder || null, title, bytes: checkpoint.bytes });
    else if (weights !== null) {
      const own = place.files.filter(({ path }) => path === inFolder(folder, path.split('/').at(-1)!));
      const bytes = total(own.filter(({ path }) => sameForm(path, weights)));
      found.push({ path: folder || null, title, bytes });
    }
  }
  return found;
}

/** Whether a file is one of the weights that `weights` opens. */
function sameForm(path: string, weights: string): boolean {
  const form = weights
    .replace(/\.index\.json$/, '')
    .split('.')
    .at(-1)!;
  return path.endsWith(`.${form}`);
}

function checkpointIn(place: Place, folder: string): PlaceFile | null {
  const latest = findFile(place, inFolder(folder, latestCheckpoint));
  if (latest !== null) return latest;
  const checkpoints = inFolder(folder, 'checkpoints/');
  const others = place.files.filter(({ path }) => path.startsWith(checkpoints) && path.endsWith('.pt'));
  return others.length === 1 ? others[0]! : null;
}

/**
 * How to make a model of what is at `path` of a place (a folder, or a file in it; null: the place): a MERV run, a Hugging Face
 * language model or a GGUF file, told apart by content. Reads configuration files and the heads of weights files only.
 * Throws ExpectedError 'model_unsupported' saying what it is not, 'model_incomplete', and what places throw.
 */
export async function recipeFrom(place: Place, path: string | null, places: Places): Promise<ModelRecipe> {
  const file = path === null ? null : findFile(place, path);
  if (file !== null) return fileRecipe(place, file, places);
  const folder = path ?? '';
  const configPath = inFolder(folder, 'config.json');
  if (findFile(place, configPath) !== null) {
    const config = await readJsonObject(place, configPath);
    if (!isMervConfig(config)) return folderRecipe(place, folder);
    const checkpoint = checkpointIn(place, folder)?.path ?? inFolder(folder, latestCheckpoint);
    return mervRecipe(place, { config: configPath, checkpoint }, places);
  }
  const choices = installable(place).filter((each) => inside(each.path, folder));
  const [only, ...others] = choices;
  if (only?.path != null && others.length === 0) return recipeFrom(place, only.path, places);
  throw refusal(place, path, choices);
}

function inside(path: string | null, folder: string): boolean {
  return path !== null && (folder === '' || path.startsWith(`${folder}/`));
}

async function fileRecipe(place: Place, { path }: PlaceFile, places: Places): Promise<ModelRecipe> {
  if (await isGguf(place, path)) return ggufRecipe(place, path);
  const [, run] = /^(?:(.*)\/)?checkpoints\/[^/]+\.pt$/.exec(path) ?? [];
  const config = inFolder(run ?? '', 'config.json');
  if (path.includes('checkpoints/') && findFile(place, config) !== null) {
    return mervRecipe(place, { config, checkpoint: path }, places);
  }
  throw refusal(place, path, []);
}

async function isGguf(place: Place, path: string): Promise<boolean> {
  const file = await place.open(path);
  try {
    return file.size >= 4 && new TextDecoder().decode(await file.read(0, 4)) === 'GGUF';
  } finally {
    await file.close();
  }
}

function refusal(place: Place, path: string | null, choices: readonly Installable[]): ExpectedError {
  const where = path === null ? nameOf(place) : `${path} in ${nameOf(place)}`;
  return choices.length > 1
    ? new ExpectedError(
        'model_unsupported',
        `There are ${choices.length} models in ${where}.`,
        `Choose one of them: ${choices
          .slice(0, 8)
          .map(({ title }) => title)
          .join(', ')}.`,
      )
    : new ExpectedError(
        'model_unsupported',
        `No model that can be used was found in ${where}.`,
        'Choose a MERV checkpoint’s folder, a LLaMA or Qwen2 model of Hugging Face’s form, or a GGUF file.',
      );
}
