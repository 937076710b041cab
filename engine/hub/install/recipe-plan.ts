import type { ModelSource, PlannedPart, PrecisionChoices } from '../../contract/hub.ts';
import { baseMemory } from '../../models/memory.ts';
import type { Part } from '../../models/part.ts';
import { type RecipePart, recipeParts } from '../conversion/recipe.ts';
import type { Hub } from '../huggingface/hub.ts';
import { installedParts } from './installed-parts.ts';
import { modelIdFor } from './model-id.ts';
import { finishPlan, type Plan, type PlanOptions } from './plan-figures.ts';
import { bytesOf, precisionOf } from './precisions.ts';
import { gatedProblem } from './problems.ts';
import type { Resolved } from './resolve.ts';
import { runMemory } from './run-memory.ts';

/** The plan of a model that is fetched and converted. Throws ExpectedError 'bad_request' for a precision it has not. */
export async function recipePlan(
  { recipe, places, source: pinnedSource }: Resolved & { kind: 'recipe' },
  source: ModelSource,
  choices: PrecisionChoices,
  options: PlanOptions,
): Promise<Plan> {
  const { hub, modelsFolder } = options;
  const here = await installedParts(modelsFolder);
  const parts: PlannedPart[] = [];
  for (const part of recipeParts(recipe)) {
    const precision = precisionOf(part, choices);
    parts.push(
      await plannedPart(
        part,
        here.some((there) => isSame(there, part, precision)),
        hub,
        places,
      ),
    );
  }
  const missing = recipeParts(recipe).filter((_, at) => parts[at]?.state !== 'installed');
  const bytes = (some: readonly RecipePart[]) =>
    some.reduce((sum, part) => sum + bytesOf(part, precisionOf(part, choices)), 0);
  const gated = [...places.pages.values()].filter((page) =>
    parts.some(
      (part) => part.gated === 'asks' && part.files.some(({ cached }) => !cached) && part.repo === page.repo,
    ),
  );
  return finishPlan(
    {
      source,
      modelId: await modelIdFor(modelsFolder, recipe.id, pinnedSource),
      name: recipe.name,
      kind: recipe.kind,
      description: recipe.description,
      parts,
      downloadBytes: toFetch(parts),
      modelBytes: bytes(recipeParts(recipe)),
      conversionMemoryBytes: baseMemory + Math.max(0, ...missing.map(({ memory }) => memory)),
      runMemoryBytes: runMemory(recipe, (part) => {
        const precision = precisionOf(part, choices);
        return { bytes: bytesOf(part, precision), precision };
      }),
    },
    bytes(missing),
    gated.map(({ repo, url }) => gatedProblem(repo, url)),
    options,
  );
}

async function plannedPart(
  part: RecipePart,
  isInstalled: boolean,
  hub: Hub,
  places: { readonly pages: ReadonlyMap<string, { readonly gated: PlannedPart['gated'] }> },
): Promise<PlannedPart> {
  const files = await Promise.all(
    part.files.map(async ({ path, bytes, origin }) => ({
      path,
      bytes,
      cached:
        origin.kind === 'local' ||
        (await hub.isCached(origin.repo, origin.revision, { path, bytes, oid: '', sha256: null })),
    })),
  );
  const { origin } = part;
  return {
    role: part.role,
    id: part.id,
    name: part.name,
    licence: part.licence,
    repo: origin.kind === 'hub' ? origin.repo : null,
    revision: origin.kind === 'hub' ? origin.revision : null,
    files,
    sizes: part.sizes.flatMap(({ precision, bytes }) => (precision === null ? [] : [{ precision, bytes }])),
    state: isInstalled ? 'installed' : files.every(({ cached }) => cached) ? 'cached' : 'fetch',
    gated: (origin.kind === 'hub' && places.pages.get(origin.repo)?.gated) || 'open',
    parameters: part.parameters,
  };
}

/** As far as can be told before anything is fetched: made by the same name from the same place. */
function isSame(there: Part, part: RecipePart, precision: Part['precision']): boolean {
  const { origin } = part;
  const sameOrigin =
    there.origin.kind === 'hub'
      ? origin.kind === 'hub' &&
        there.origin.repo === origin.repo &&
        there.origin.revision === origin.revision
      : there.origin.kind === 'local' && origin.kind === 'local' && there.origin.path === origin.path;
  return sameOrigin && there.role === part.role && there.id === part.id && there.precision === precision;
}

/** Each file once: projectors and language model of a checkpoint share one. */
function toFetch(parts: readonly PlannedPart[]): number {
  const files = new Map<string, number>();
  for (const { state, repo, files: each } of parts) {
    if (state === 'installed') continue;
    for (const { path, bytes, cached } of each) if (!cached) files.set(`${repo} ${path}`, bytes);
  }
  return [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
}
