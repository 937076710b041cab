import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ExpectedError } from '../../contract/errors.ts';
import type { PrecisionChoices } from '../../contract/hub.ts';
import { type Bundle, readBundle, trainedFile } from '../../models/bundle.ts';
import { partKeys } from '../../models/model.ts';
import { type Part, partFile, partFolder, partSchema } from '../../models/part.ts';
import type { JobRequest } from '../../store/jobs.ts';
import { parsed } from '../../store/parsed.ts';
import { importParts, readManifest } from '../archive/import.ts';
import { type ModelRecipe, recipeParts } from '../conversion/recipe.ts';
import { discardDownloads } from '../install/discard.ts';
import { installMemory } from '../install/install-memory.ts';
import { makeModel } from '../install/make-model.ts';
import { type Resolved, resolveSource } from '../install/resolve.ts';
import { sourceFiles } from '../install/source-files.ts';
import { putAside, removeUnusedParts } from '../installed/remove.ts';
import { verifyModel } from '../installed/verify.ts';
import { setUpStarter } from '../setup.ts';
import type { InstallOptions } from './install.ts';
import type { JobContext, JobWork } from './work.ts';

type RepairRequest = JobRequest & { kind: 'repair' };

/**
 * Makes again the parts of a model that are broken, and no others, from where the model came. They are taken away only
 * when what they are made from is here. Without a broken part it ends at once and says so.
 */
export function repairWork(options: InstallOptions): JobWork<RepairRequest> {
  const { store, hub, modelsFolder, releaseModels } = options;
  return {
    async run({ modelId }, context) {
      const { progress, signal } = context;
      const folder = modelsFolder();
      progress.plan([['check', 1]]);
      const problems = await verifyModel(folder, modelId, {
        signal,
        onBytes: (detail, done, total) => progress.at({ name: 'check', detail, done, total, unit: 'bytes' }),
      });
      if (problems.length === 0) return context.note('Nothing of it is broken.');
      for (const { sentence } of problems) context.note(sentence);
      const bundle = await readBundle(folder, modelId);
      const { source } = bundle;
      if (source.kind === 'local' && existsSync(join(source.path, trainedFile)))
        throw trainedHere(bundle.name);
      const broken = new Set(problems.map(({ key }) => key));
      const takeAway = async (): Promise<void> => {
        await context.inTurn(releaseModels);
        for (const key of broken) await takeBroken(folder, key);
      };
      await remake(bundle, broken, takeAway, context, options);
      await context.inTurn(releaseModels);
      const old = new Set(partKeys(bundle));
      await removeUnusedParts(folder, store, (key) => old.has(key));
    },
    clean: (_, { job }) => discardDownloads(hub, job.id, store),
  };
}

async function remake(
  bundle: Bundle,
  broken: ReadonlySet<string>,
  takeAway: () => Promise<void>,
  context: JobContext,
  options: InstallOptions,
): Promise<void> {
  const { hub, resourcesFolder } = options;
  const modelsFolder = options.modelsFolder();
  const { signal, progress } = context;
  const parts = await describedParts(modelsFolder, partKeys(bundle));
  const memory = installMemory(context.memory);
  const pins = { ...pinsOf(parts), ...memory.pins };
  const resolved: Resolved = await resolveSource(bundle.source, { hub, resourcesFolder, pins, signal });
  context.countOn(partKeys(bundle));
  switch (resolved.kind) {
    case 'starter':
      await takeAway();
      await setUpStarter({ modelsFolder, resourcesFolder, signal, onProgress: () => {} });
      return;
    case 'archive': {
      const manifest = await readManifest(resolved.path, signal);
      const holds = new Set(manifest.parts.map(({ key }) => key));
      if ([...broken].some((key) => !holds.has(key))) throw otherModel(resolved.path, bundle.name);
      await takeAway();
      progress.plan([['copy', 1]]);
      await importParts({
        modelsFolder,
        path: resolved.path,
        signal,
        onBytes: (detail, done, total) => progress.at({ name: 'copy', detail, done, total, unit: 'bytes' }),
      });
      return;
    }
    case 'recipe': {
      context.remember({ ...memory, pins: resolved.places.pins, modelId: bundle.id });
      await makeModel({
        modelsFolder,
        recipe: resolved.recipe,
        choices: choicesOf(parts, partKeys(bundle), resolved.recipe),
        files: sourceFiles({ hub, signal, hashes: memory.hashes, onNote: context.note }),
        chosen: { id: bundle.id, name: bundle.name, source: resolved.source, createdAt: bundle.createdAt },
        context,
        beforeConversion: takeAway,
        broken,
      });
      return;
    }
    default:
      resolved satisfies never;
  }
}

/** Descriptions that can be read, whether or not their files are whole. */
async function describedParts(modelsFolder: string, keys: readonly string[]): Promise<readonly Part[]> {
  const parts = await Promise.all(
    keys.map(async (key) => {
      const path = join(partFolder(modelsFolder, key), partFile);
      return parsed(partSchema, await readFile(path, 'utf8').catch(() => null));
    }),
  );
  return parts.filter((part) => part !== null);
}

function pinsOf(parts: readonly Part[]): Record<string, string> {
  const pins: Record<string, string> = {};
  for (const { origin } of parts) if (origin.kind === 'hub') pins[origin.repo] = origin.revision;
  return pins;
}

/** As the parts were written; for one whose description is gone, by its name on disk: `<id>-<precision>-<hash>`. */
function choicesOf(parts: readonly Part[], keys: readonly string[], recipe: ModelRecipe): PrecisionChoices {
  const described = parts.flatMap(({ role, id, precision }) => (precision ? [{ role, id, precision }] : []));
  const named = recipeParts(recipe).flatMap(({ role, id, sizes }) =>
    sizes.flatMap(({ precision }) =>
      precision !== null && keys.some((key) => key.startsWith(`${id.toLowerCase()}-${precision}-`))
        ? [{ role, id, precision }]
        : [],
    ),
  );
  return [...described, ...named];
}

async function takeBroken(modelsFolder: string, key: string): Promise<void> {
  try {
    await rm(putAside(modelsFolder, key), { recursive: true, force: true });
  } catch (error) {
    // Not there at all.
    if (!(error instanceof ExpectedError && error.cause instanceof Error && 'code' in error.cause))
      throw error;
    if (error.cause.code !== 'ENOENT') throw error;
  }
}

function trainedHere(name: string): ExpectedError {
  return new ExpectedError(
    'model_unsupported',
    `${name} was trained on this machine: what is broken of it cannot be fetched.`,
    'Repair the model that it was trained from, then install it from its run again.',
  );
}

function otherModel(path: string, name: string): ExpectedError {
  return new ExpectedError(
    'model_incomplete',
    `${path}, from which ${name} was imported, holds another model now.`,
    'Import the right file.',
  );
}
