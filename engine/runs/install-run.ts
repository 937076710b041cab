import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { cancelled, ExpectedError } from '../contract/errors.ts';
import { slug } from '../hub/conversion/language-model-recipe.ts';
import { languageLinear } from '../hub/conversion/part-sizes.ts';
import { modelIdFor } from '../hub/install/model-id.ts';
import { hashOf } from '../hub/starter-files.ts';
import { writeBundle } from '../hub/write-bundle.ts';
import { type PartDraft, writePart } from '../hub/write-part.ts';
import { type Model, readModel } from '../models/model.ts';
import type { Part, PartSpec } from '../models/part.ts';
import { writeEmbeddingTable, writeLanguageModel, writeVisualPath } from '../models/write-graphs.ts';
import { trainedFileOf } from '../training/checkpoint.ts';
import { recipes } from '../training/recipes/recipe.ts';
import { writeFolder } from '../training/write-folder.ts';
import { type OriginalParts, type Originals, withOriginals } from './originals.ts';
import { readConfig, readOriginals, runFile, runsFolder } from './run-folder.ts';
import { adapterOf } from './trainable.ts';
import {
  removeUnusedTrained,
  type Trained,
  trainedFile,
  trainedFolder,
  trainedWeights,
} from './trained-model.ts';

/** Raised whenever what this file writes changes. */
const recipeVersion = 1;

export interface InstallRun {
  /** The run's. */
  readonly folder: string;
  readonly step: number;
  readonly name: string;
  readonly dataFolder: string;
  readonly modelsFolder: string;
  readonly signal: AbortSignal;
}

/**
 * Makes a model that answers of a run's checkpoint: what was trained is worked into the weights and converted as the base's
 * parts were; the others are shared with the base. Run again it does what is missing. Returns the model's id. Throws
 * ExpectedError 'not_found' for a checkpoint that is not kept, 'model_missing' where the base is gone, 'disk_full',
 * 'cancelled', and what the originals' readers throw.
 */
export async function installRun(request: InstallRun): Promise<string> {
  const { folder, step, name, dataFolder, modelsFolder, signal } = request;
  const config = readConfig(folder);
  const base = await readModel(modelsFolder, config.modelId);
  const checkpoint = checkpointFile(folder, step);
  removeUnusedTrained(dataFolder, modelsFolder, runsFolder(dataFolder));
  const sha256 = await hashOf(checkpoint);
  const home = join(trainedFolder(dataFolder), `${slug(name)}-${sha256.slice(0, 12)}`);
  const source = { kind: 'local', path: home } as const;
  const adapter = adapterOf(config);
  const originals: Originals = {
    kind: 'trained',
    base: readOriginals(folder),
    weights: join(home, trainedWeights),
    adapter: adapter === null ? null : { rank: adapter.rank, alpha: adapter.alpha },
  };
  const trained: Trained = { format: 1, run: config.name, step, originals };
  await writeFolder(home, [
    { name: trainedWeights, pieces: createReadStream(checkpoint) },
    { name: trainedFile, pieces: [Buffer.from(`${JSON.stringify(trained, null, 1)}\n`)] },
  ]);
  const id = await modelIdFor(modelsFolder, slug(name), source);
  const made = await withOriginals(originals, async (parts) => ({
    visual: await visualPart(request, base, parts, sha256, home),
    languageModel: recipes[config.recipe].trainsLanguageModel
      ? await languageModelPart(request, base, parts, sha256, home)
      : base.languageModel.part,
  }));
  if (signal.aborted) throw cancelled();
  const { bundle } = base;
  await writeBundle(modelsFolder, {
    ...bundle,
    id,
    name,
    description: `${bundle.name}, trained here: ${config.name}, step ${step}.`,
    demonstration: bundle.demonstration,
    createdAt: Date.now(),
    source,
    visual: made.visual === null ? null : { part: made.visual.key },
    languageModel: { part: made.languageModel.key },
  });
  return id;
}

/** Throws ExpectedError 'not_found'. */
export function checkpointFile(folder: string, step: number): string {
  const file = trainedFileOf(runFile(folder, 'checkpoints'), step);
  if (existsSync(file)) return file;
  throw new ExpectedError(
    'not_found',
    `The run has no checkpoint of step ${step}.`,
    'Choose one of those that are kept.',
  );
}

function draftOf(part: Part, sha256: string, home: string): PartDraft {
  return {
    role: part.role,
    id: part.id,
    name: `${part.name}, trained`,
    precision: part.precision,
    licence: part.licence,
    origin: { kind: 'local', path: home },
    inputs: [...part.inputs, { path: trainedWeights, sha256 }],
    recipe: ['trained', recipeVersion, part.key],
  };
}

async function visualPart(
  { modelsFolder, signal }: InstallRun,
  { visual }: Model,
  parts: OriginalParts,
  sha256: string,
  home: string,
): Promise<Part | null> {
  const path = parts.visual;
  if (visual === null || path === null) return null;
  return writePart(modelsFolder, draftOf(visual.part, sha256, home), async (folder): Promise<PartSpec> => {
    await writeVisualPath(join(folder, visual.spec.graph), path, stopping(signal));
    return visual.spec;
  });
}

async function languageModelPart(
  { modelsFolder, signal }: InstallRun,
  { languageModel: { part, spec } }: Model,
  { config, languageModel: weights }: OriginalParts,
  sha256: string,
  home: string,
): Promise<Part> {
  return writePart(modelsFolder, draftOf(part, sha256, home), async (folder): Promise<PartSpec> => {
    await writeLanguageModel(join(folder, spec.graph), config, weights, {
      precision: languageLinear(part.precision ?? 'fp32'),
      onProgress: stopping(signal),
    });
    await writeEmbeddingTable(join(folder, spec.embeddings), weights, spec.embeddingType);
    return spec;
  });
}

function stopping(signal: AbortSignal): () => void {
  return () => {
    if (signal.aborted) throw cancelled();
  };
}
