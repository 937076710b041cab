import { totalmem } from 'node:os';
import { ExpectedError } from '../../contract/errors.ts';
import type { ModelSource, PrecisionChoices } from '../../contract/hub.ts';
import { catalogueItem } from '../catalogue.ts';
import type { Plan, PlanOptions } from './plan-figures.ts';
import { archivePlan, starterPlan } from './ready-plans.ts';
import { recipePlan } from './recipe-plan.ts';
import { type Resolved, resolveSource } from './resolve.ts';

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

/** The same for a source that was looked at. */
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
