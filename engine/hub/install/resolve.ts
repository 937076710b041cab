import { open } from 'node:fs/promises';
import type { ModelSource } from '../../contract/hub.ts';
import { readManifest } from '../archive/import.ts';
import type { Manifest } from '../archive/manifest.ts';
import { type CatalogueItem, catalogueItem } from '../catalogue.ts';
import { localPlace } from '../conversion/place.ts';
import type { ModelRecipe } from '../conversion/recipe.ts';
import { recipeFrom } from '../conversion/recipe-from.ts';
import type { Hub } from '../huggingface/hub.ts';
import { type Pins, pinned, type RepoPlaces, repoPlaces } from './repo-places.ts';

/** A source, looked at: what an install of it would do. */
export type Resolved =
  | { readonly kind: 'starter'; readonly item: CatalogueItem }
  | { readonly kind: 'archive'; readonly path: string; readonly manifest: Manifest }
  | {
      readonly kind: 'recipe';
      readonly recipe: ModelRecipe;
      /** With its commit, where it has one: what the model's description says it came from. */
      readonly source: ModelSource;
      readonly places: RepoPlaces;
    };

export interface ResolveOptions {
  readonly hub: Hub;
  readonly resourcesFolder: string;
  /** Commits of an earlier run. */
  readonly pins: Pins;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads descriptions and the heads of weights files only. Throws ExpectedError 'not_found', 'file_missing',
 * 'model_unsupported', 'model_incomplete', and what the hub throws.
 */
export async function resolveSource(source: ModelSource, options: ResolveOptions): Promise<Resolved> {
  const { hub, resourcesFolder, pins, signal } = options;
  const direct = await directSource(source, resourcesFolder);
  if (direct.kind === 'starter') return direct;
  const places = repoPlaces(hub, pins, signal);
  if (direct.kind === 'hub') {
    const place = await places.repo(direct.repo, pins[direct.repo] ?? direct.revision);
    const recipe = await recipeFrom(place, direct.path, places);
    return { kind: 'recipe', recipe, source: pinned(direct, places.pins), places };
  }
  const { path } = direct;
  if (await isArchive(path)) return { kind: 'archive', path, manifest: await readManifest(path, signal) };
  const local = await localPlace(path);
  const recipe = await recipeFrom(local.place, local.path, places);
  return { kind: 'recipe', recipe, source: direct, places };
}

type Direct =
  | { readonly kind: 'starter'; readonly item: CatalogueItem }
  | Exclude<ModelSource, { readonly kind: 'catalogue' }>;

async function directSource(source: ModelSource, resourcesFolder: string): Promise<Direct> {
  if (source.kind !== 'catalogue') return source;
  const item = await catalogueItem(resourcesFolder, source.id);
  return item.source.kind === 'starter' ? { kind: 'starter', item } : item.source;
}

/** POSIX: "ustar" at byte 257 of a tar's first block. */
async function isArchive(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => null);
  if (!file) return false;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(5), 0, 5, 257);
    return bytesRead === 5 && buffer.toString('latin1') === 'ustar';
  } catch {
    // A folder.
    return false;
  } finally {
    await file.close();
  }
}
