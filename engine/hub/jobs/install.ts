import type { PrecisionChoices } from '../../contract/hub.ts';
import { type Bundle, readBundle } from '../../models/bundle.ts';
import { partKeys } from '../../models/model.ts';
import type { JobRequest, JobStore } from '../../store/jobs.ts';
import { importParts } from '../archive/import.ts';
import type { Hub } from '../huggingface/hub.ts';
import { discardDownloads } from '../install/discard.ts';
import { type InstallMemory, installMemory } from '../install/install-memory.ts';
import { makeModel } from '../install/make-model.ts';
import { planOf, withProposed } from '../install/plan.ts';
import { refuse } from '../install/problems.ts';
import { archiveSource } from '../install/ready-plans.ts';
import { type Resolved, resolveSource } from '../install/resolve.ts';
import { sourceFiles } from '../install/source-files.ts';
import { removeUnusedParts } from '../installed/remove.ts';
import { setUpStarter } from '../setup.ts';
import { writeBundle } from '../write-bundle.ts';
import type { JobContext, JobWork } from './work.ts';

type InstallRequest = JobRequest & { kind: 'install' };

export interface InstallOptions {
  readonly hub: Hub;
  readonly store: JobStore;
  readonly modelsFolder: () => string;
  readonly resourcesFolder: string;
  readonly cacheFolder: string;
  /** The parts of a model are about to change or have changed: whoever has it open lets go of it. */
  readonly releaseModels: () => Promise<void>;
}

/** Installs a model of any source: looks, checks disk and memory, fetches, converts, measures, describes. */
export function installWork(options: InstallOptions): JobWork<InstallRequest> {
  const { hub, resourcesFolder, modelsFolder, store } = options;
  return {
    async run({ source, choices: chosen }, context) {
      const memory = installMemory(context.memory);
      context.progress.at({ name: 'resolve', detail: '', done: 0, total: 1, unit: 'files' });
      const { signal } = context;
      const resolved = await resolveSource(source, { hub, resourcesFolder, pins: memory.pins, signal });
      const choices = await withProposed(source, chosen, resourcesFolder);
      const plan = await planOf(resolved, source, choices, {
        ...options,
        modelsFolder: modelsFolder(),
        signal,
      });
      const pins = resolved.kind === 'recipe' ? { ...resolved.places.pins } : {};
      const kept = { ...memory, pins, modelId: memory.modelId ?? plan.modelId };
      context.remember(kept);
      context.setModel(kept.modelId, `Install ${plan.name}`);
      refuse(plan.problems);
      const before = await readBundle(modelsFolder(), kept.modelId).then(partKeys, () => []);
      const bundle = await carryOut(resolved, source, choices, kept, context, options);
      // A model that was not there is open nowhere.
      if (before.length > 0) await context.inTurn(options.releaseModels);
      const now = new Set(partKeys(bundle));
      const old = new Set(before.filter((key) => !now.has(key)));
      await removeUnusedParts(modelsFolder(), store, (key) => old.has(key));
    },
    async clean(_, { job }) {
      await discardDownloads(hub, job.id, store);
      const own = new Set(store.partsOf(job.id));
      await removeUnusedParts(modelsFolder(), store, (key) => own.has(key));
    },
  };
}

async function carryOut(
  resolved: Resolved,
  source: InstallRequest['source'],
  choices: PrecisionChoices,
  memory: InstallMemory & { readonly modelId: string },
  context: JobContext,
  options: InstallOptions,
): Promise<Bundle> {
  const modelsFolder = options.modelsFolder();
  const { signal, progress } = context;
  switch (resolved.kind) {
    case 'starter':
      return installStarter(modelsFolder, options.resourcesFolder, context);
    case 'archive': {
      progress.plan([['copy', 1]]);
      context.countOn(resolved.manifest.parts.map(({ key }) => key));
      const { bundle: original } = await importParts({
        modelsFolder,
        path: resolved.path,
        signal,
        onBytes: (detail, done, total) => progress.at({ name: 'copy', detail, done, total, unit: 'bytes' }),
      });
      const from = archiveSource(original.source, source);
      const bundle = { ...original, id: memory.modelId, source: from };
      await writeBundle(modelsFolder, bundle);
      return bundle;
    }
    case 'recipe': {
      const { recipe } = resolved;
      const files = sourceFiles({ hub: options.hub, signal, hashes: memory.hashes, onNote: context.note });
      return makeModel({
        modelsFolder,
        recipe,
        choices,
        files,
        chosen: {
          id: memory.modelId,
          name: recipe.name,
          source: resolved.source,
          createdAt: context.createdAt,
        },
        context,
        beforeConversion: async () => context.remember({ ...memory, hashes: files.hashes }),
        broken: new Set(),
      });
    }
    default:
      return resolved satisfies never;
  }
}

async function installStarter(
  modelsFolder: string,
  resourcesFolder: string,
  { signal, progress, inTurn }: JobContext,
): Promise<Bundle> {
  progress.plan([
    ['download', 3],
    ['convert', 2],
  ]);
  await inTurn(() =>
    setUpStarter({
      modelsFolder,
      resourcesFolder,
      signal,
      onProgress(sentence, fetched) {
        if (fetched === null) {
          progress.at({ name: 'convert', detail: sentence, done: 0, total: 1, unit: 'files' });
          return;
        }
        const { name: detail, doneBytes: done, totalBytes: total } = fetched;
        progress.at({ name: 'download', detail, done, total, unit: 'bytes' });
      },
    }),
  );
  return readBundle(modelsFolder, 'starter');
}
