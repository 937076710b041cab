import { totalmem } from 'node:os';
import { ExpectedError } from '../../contract/errors.ts';
import type { InstallPlan, ModelSource, PlannedPart, PrecisionChoices } from '../../contract/hub.ts';
import { baseMemory } from '../../models/memory.ts';
import type { Part } from '../../models/part.ts';
import { catalogueItem } from '../catalogue.ts';
import { type RecipePart, recipeParts } from '../conversion/recipe.ts';
import type { Hub } from '../huggingface/hub.ts';
import { diskProblems } from './disk-needs.ts';
import { installedParts } from './installed-parts.ts';
import { modelIdFor } from './model-id.ts';
import { bytesOf, precisionOf } from './precisions.ts';
import { gatedProblem, memoryProblems, memoryWarnings, type PlanProblem } from './problems.ts';
import { type Resolved, resolveSource } from './resolve.ts';
import { runMemory } from './run-memory.ts';

export interface PlanOptions {
  readonly hub: Hub;
  readonly resourcesFolder: string;
  readonly modelsFolder: string;
  readonly cacheFolder: string;
  readonly signal: AbortSignal | undefined;
}

export interface Plan extends Omit<InstallPlan, 'problems'> {
  readonly problems: PlanProblem[];
}

/**
 * What an install would do and cost on this machine now; see {@link InstallPlan}. What forbids the start is in
 * `problems`, also that a repository's owners want to be asked. Throws as {@link resolveSource}, 'bad_request'.
 */
export async function planInstall(
  source: ModelSource,
  chosen: PrecisionChoices,
  options: PlanOptions,
): Promise<Plan> {
  const choices = await withProposed(source, chosen, options.resourcesFolder);
  let resolved: Resolved;
  try {
    resolved = await resolveSource(source, { ...options, pins: {} });
  } catch (error) {
    if (error instanceof ExpectedError && error.code === 'gated')
      return gatedPlan(source, error, await nameOf(source, options.resourcesFolder));
    throw error;
  }
  return planOf(resolved, source, choices, options);
}

/** What the catalogue proposes for its figures, where nothing else was chosen. */
export async function withProposed(
  source: ModelSource,
  chosen: PrecisionChoices,
  resourcesFolder: string,
): Promise<PrecisionChoices> {
  if (source.kind !== 'catalogue') return chosen;
  return [...chosen, ...(await catalogueItem(resourcesFolder, source.id)).choices];
}

export async function planOf(
  resolved: Resolved,
  source: ModelSource,
  choices: PrecisionChoices,
  options: PlanOptions,
): Promise<Plan> {
  switch (resolved.kind) {
    case 'recipe':
      return recipePlan(resolved, source, choices, options);
    case 'archive':
      return archivePlan(resolved, source, options);
    case 'starter':
      return starterPlan(resolved, source, options);
    default:
      return resolved satisfies never;
  }
}

async function recipePlan(
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
  return finish(
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

async function archivePlan(
  { manifest: { bundle, parts } }: Resolved & { kind: 'archive' },
  source: ModelSource,
  options: PlanOptions,
): Promise<Plan> {
  const here = new Set((await installedParts(options.modelsFolder)).map(({ key }) => key));
  const sizeOf = ({ files }: Part): number => files.reduce((sum, { bytes }) => sum + bytes, 0);
  const planned = parts.map((part): PlannedPart => {
    const { origin, precision } = part;
    return {
      role: part.role,
      id: part.id,
      name: part.name,
      licence: part.licence,
      repo: origin.kind === 'hub' ? origin.repo : null,
      revision: origin.kind === 'hub' ? origin.revision : null,
      files: part.files.map(({ file, bytes }) => ({ path: file, bytes, cached: true })),
      sizes: precision === null ? [] : [{ precision, bytes: sizeOf(part) }],
      state: here.has(part.key) ? 'installed' : 'cached',
      gated: 'open',
      parameters: null,
    };
  });
  const modelBytes = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  const missing = parts.filter(({ key }) => !here.has(key));
  return finish(
    {
      source,
      modelId: await modelIdFor(options.modelsFolder, bundle.id, archiveSource(bundle.source, source)),
      name: bundle.name,
      kind: 'bundle',
      description: bundle.description,
      parts: planned,
      downloadBytes: 0,
      modelBytes,
      conversionMemoryBytes: baseMemory,
      runMemoryBytes: baseMemory + modelBytes,
    },
    missing.reduce((sum, part) => sum + sizeOf(part), 0),
    [],
    options,
  );
}

/** An imported model is repaired from where it was made, if that is to be had from here. */
export function archiveSource(original: ModelSource, archive: ModelSource): ModelSource {
  return original.kind === 'local' ? archive : original;
}

async function starterPlan(
  { item }: Resolved & { kind: 'starter' },
  source: ModelSource,
  options: PlanOptions,
): Promise<Plan> {
  return finish(
    {
      source,
      modelId: item.id,
      name: item.name,
      kind: 'starter',
      description: item.description,
      parts: item.parts.map(({ role, name, repo }) => ({
        role,
        id: name,
        name,
        licence: item.licence,
        repo,
        revision: null,
        files: [],
        sizes: [],
        state: 'fetch',
        gated: 'open',
        parameters: null,
      })),
      downloadBytes: item.download,
      modelBytes: item.disk,
      conversionMemoryBytes: baseMemory,
      runMemoryBytes: item.memory,
    },
    item.disk,
    [],
    options,
  );
}

type Known = Pick<
  Plan,
  | 'source'
  | 'modelId'
  | 'name'
  | 'kind'
  | 'description'
  | 'parts'
  | 'downloadBytes'
  | 'modelBytes'
  | 'conversionMemoryBytes'
  | 'runMemoryBytes'
>;

async function finish(
  known: Known,
  newBytes: number,
  problems: readonly PlanProblem[],
  { cacheFolder, modelsFolder }: PlanOptions,
): Promise<Plan> {
  const disk = await diskProblems({
    download: { folder: cacheFolder, bytes: known.downloadBytes },
    models: { folder: modelsFolder, bytes: newBytes },
  });
  const figures = { ...known, totalMemoryBytes: totalmem() };
  return {
    ...figures,
    peakDiskBytes: known.downloadBytes + newBytes,
    freeDiskBytes: disk.free,
    problems: [...problems, ...disk.problems, ...memoryProblems(figures)],
    warnings: [...memoryWarnings(figures)],
  };
}

async function nameOf(source: ModelSource, resourcesFolder: string): Promise<string> {
  if (source.kind === 'catalogue') return (await catalogueItem(resourcesFolder, source.id)).name;
  return source.kind === 'hub' ? source.repo : source.path;
}

/** Nothing can be looked at before the owners were asked; the error names their page. */
function gatedPlan(source: ModelSource, error: ExpectedError, name: string): Plan {
  return {
    source,
    modelId: '',
    name,
    kind: 'merv',
    description: error.message,
    parts: [],
    downloadBytes: 0,
    modelBytes: 0,
    peakDiskBytes: 0,
    freeDiskBytes: null,
    conversionMemoryBytes: 0,
    runMemoryBytes: 0,
    totalMemoryBytes: totalmem(),
    problems: [
      {
        code: 'gated',
        sentence: error.message,
        remedy: error.remedy,
        url: /https?:\/\/\S+[^\s.,]/.exec(`${error.message} ${error.remedy}`)?.[0] ?? null,
      },
    ],
    warnings: [],
  };
}
