import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { bundleOf } from '../../engine/hub/conversion/bundle-of.ts';
import { convertPart } from '../../engine/hub/conversion/convert-part.ts';
import { encoderSource } from '../../engine/hub/conversion/encoder-sources.ts';
import { llmSource } from '../../engine/hub/conversion/llm-sources.ts';
import { localPlace, type Place, type Places } from '../../engine/hub/conversion/place.ts';
import { type ModelRecipe, type RecipePart, recipeParts } from '../../engine/hub/conversion/recipe.ts';
import { recipeFrom } from '../../engine/hub/conversion/recipe-from.ts';
import { hashOf } from '../../engine/hub/starter-files.ts';
import { writeBundle } from '../../engine/hub/write-bundle.ts';
import type { Part } from '../../engine/models/part.ts';
import { fixturesFolder } from './fixtures.ts';

const configSchema = z.object({
  model: z.object({ video_backbone_ids: z.array(z.string()), llm_backbone_id: z.string() }),
});
const metaSchema = z.object({ encoders: z.record(z.string(), z.string()) });

/** Fixture folders that hold a run of the reference whose encoders are there too, and its checkpoints' names. */
export async function mervRuns(): Promise<
  { readonly name: string; readonly checkpoints: readonly string[] }[]
> {
  const runs: { name: string; checkpoints: readonly string[] }[] = [];
  for (const name of await readdir(fixturesFolder)) {
    const at = (...path: string[]) => join(fixturesFolder, name, ...path);
    if (!existsSync(at('checkpoints')) || !existsSync(at('expected', 'cases.json'))) continue;
    const checkpoints = (await readdir(at('checkpoints'))).filter((file) => file.endsWith('.pt'));
    if (checkpoints.length > 0) runs.push({ name, checkpoints });
  }
  return runs;
}

/** The repositories that a run's configuration means, as folders of the fixtures. */
async function fixturePlaces(run: string): Promise<Places> {
  const folder = join(fixturesFolder, run);
  const read = async (file: string) => JSON.parse(await readFile(join(folder, file), 'utf8'));
  const { model } = configSchema.parse(await read('config.json'));
  const { encoders } = metaSchema.parse(await read('meta.json'));
  const folders = new Map<string | undefined, string>([
    [llmSource(model.llm_backbone_id)?.repo, join(folder, 'llm')],
    ...model.video_backbone_ids.map(
      (id, i) => [encoderSource(id)?.repo, join(folder, encoders[i]!)] as const,
    ),
  ]);
  return {
    async repo(repo): Promise<Place> {
      const { place } = await localPlace(folders.get(repo) ?? repo);
      return place;
    },
  };
}

export async function mervRecipeOf(run: string, checkpoint: string): Promise<ModelRecipe> {
  const { place } = await localPlace(join(fixturesFolder, run));
  return recipeFrom(place, `checkpoints/${checkpoint}`, await fixturePlaces(run));
}

/** Converts a run at fp32 and installs it under `id`. */
export async function installRun(
  recipe: ModelRecipe,
  modelsFolder: string,
  id: string,
): Promise<ReadonlyMap<RecipePart, Part>> {
  const hashes = new Map<string, string>();
  const pathOf = ({ origin, path }: RecipePart['files'][number]) =>
    join(origin.kind === 'local' ? origin.path : origin.repo, path);
  const parts = new Map<RecipePart, Part>();
  for (const part of recipeParts(recipe)) {
    for (const file of part.files) hashes.set(pathOf(file), await hashOf(pathOf(file)));
    const made = await convertPart(part, part.role === 'tokenizer' ? null : 'fp32', {
      modelsFolder,
      locate: (file) => ({ path: pathOf(file), sha256: hashes.get(pathOf(file))! }),
      onProgress: () => {},
      signal: new AbortController().signal,
    });
    parts.set(part, made);
  }
  const source = { kind: 'local', path: fixturesFolder } as const;
  const bundle = bundleOf(recipe, (part) => parts.get(part)!.key, { id, name: id, source, createdAt: 0 });
  await writeBundle(modelsFolder, bundle);
  return parts;
}
