import type { ModelSource, PlannedPart } from '../../contract/hub.ts';
import { baseMemory } from '../../models/memory.ts';
import type { Part } from '../../models/part.ts';
import { installedParts } from './installed-parts.ts';
import { modelIdFor } from './model-id.ts';
import { finishPlan, type Plan, type PlanOptions } from './plan-figures.ts';
import type { Resolved } from './resolve.ts';

/** The plan of a model that another machine exported. */
export async function archivePlan(
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
  return finishPlan(
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

/** The plan of the model that comes with the application. */
export async function starterPlan(
  { item }: Resolved & { kind: 'starter' },
  source: ModelSource,
  options: PlanOptions,
): Promise<Plan> {
  return finishPlan(
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
