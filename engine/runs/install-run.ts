import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { cancelled, ExpectedError } from '../contract/errors.ts';
import { adaptersOf, type InstallForm, trainsLanguageModel } from '../contract/training.ts';
import { slug } from '../hub/conversion/language-model-recipe.ts';
import { languageLinear } from '../hub/conversion/part-sizes.ts';
import { modelIdFor } from '../hub/install/model-id.ts';
import { hashOf } from '../hub/starter-files.ts';
import { writeBundle } from '../hub/write-bundle.ts';
import { type PartDraft, writePart } from '../hub/write-part.ts';
import { type Bundle, trainedFile } from '../models/bundle.ts';
import { type Model, readModel } from '../models/model.ts';
import type { AdapterScale } from '../models/overlay.ts';
import type { Part, PartSpec } from '../models/part.ts';
import { writeEmbeddingTable, writeLanguageModel, writeVisualPath } from '../models/write-graphs.ts';
import type { OnWeight } from '../nn/onnx/save-graph.ts';
import { trainedFileOf } from '../training/checkpoint.ts';
import { writeFolder } from '../training/write-folder.ts';
import { openTensors } from '../weights/open.ts';
import { adaptedBase, adapterDraft, writeAdapterPart } from './adapter-part.ts';
import { type Originals, withOriginals } from './originals.ts';
import { readConfig, readOriginals, runFile, runsFolder } from './run-folder.ts';
import { removeUnusedTrained, type Trained, trainedFolder, trainedWeights } from './trained-model.ts';

/** Raised whenever what this file writes changes. */
const recipeVersion = 1;

export interface InstallRun {
  /** The run's. */
  readonly folder: string;
  readonly step: number;
  readonly name: string;
  readonly form: InstallForm;
  readonly dataFolder: string;
  readonly modelsFolder: string;
  readonly signal: AbortSignal;
  /** What it is at, and how much of that is done, 0 to 1. */
  readonly onProgress: (detail: string, part: number) => void;
}

/**
 * Makes a model that answers of a run's checkpoint: what was trained is worked into the weights and converted as the base's
 * parts were, but for an adapter that is kept apart beside the base's language model; the other parts are shared with the
 * base. Run again it does what is missing. Returns the model's id. Throws ExpectedError 'not_found' for a checkpoint that is
 * not kept, 'bad_request' where there is no adapter to keep apart, 'model_missing' where the base is gone, 'disk_full',
 * 'cancelled', and what the originals' readers throw.
 */
export async function installRun(request: InstallRun): Promise<string> {
  const { folder, step, name, form, dataFolder, modelsFolder, signal } = request;
  const config = readConfig(folder);
  const base = await readModel(modelsFolder, config.modelId);
  const checkpoint = checkpointFile(folder, step);
  const adapter = adaptersOf(config);
  if (form === 'adapter' && adapter === null) {
    throw new ExpectedError(
      'bad_request',
      `The run ${config.name} trains no adapter that could be kept apart.`,
      'Work what it trained into the model.',
    );
  }
  removeUnusedTrained(dataFolder, modelsFolder, runsFolder(dataFolder));
  const sha256 = await hashOf(checkpoint);
  const home = join(trainedFolder(dataFolder), `${slug(name)}-${sha256.slice(0, 12)}`);
  const source = { kind: 'local', path: home } as const;
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
  const made: Made = { ...request, base, home, sha256 };
  const visual = base.visual === null ? null : await visualPart(made, base.visual, originals);
  const language =
    form === 'adapter' && adapter !== null
      ? await besideBase(made, adapter)
      : trainsLanguageModel(config.recipe)
        ? { languageModel: { part: (await languageModelPart(made, originals)).key } }
        : languageOf(base.bundle);
  if (signal.aborted) throw cancelled();
  const { adapter: _, ...bundle } = base.bundle;
  await writeBundle(modelsFolder, {
    ...bundle,
    id,
    name,
    description: `${bundle.name}, trained here: ${config.name}, step ${step}.`,
    createdAt: Date.now(),
    source,
    visual: visual === null ? null : { part: visual.key },
    ...language,
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

/** What the parts of one call are made from. */
interface Made extends InstallRun {
  readonly base: Model;
  readonly home: string;
  /** The checkpoint's. */
  readonly sha256: string;
}

type Language = Pick<Bundle, 'languageModel' | 'adapter'>;

/** A model's language model with what stands beside it. */
function languageOf({ languageModel, adapter }: Bundle): Language {
  return adapter === undefined ? { languageModel } : { languageModel, adapter };
}

async function besideBase(
  { modelsFolder, base, home, sha256 }: Made,
  scale: AdapterScale,
): Promise<Language> {
  const made = {
    origin: { kind: 'local', path: home },
    inputs: [{ path: trainedWeights, sha256 }],
  } as const;
  const draft = adapterDraft(base, { ...made, inputs: [...made.inputs] }, scale);
  const part = await writePart(modelsFolder, draft, async (folder) => {
    const trained = await openTensors(join(home, trainedWeights));
    try {
      return await writeAdapterPart(folder, base, await adaptedBase(base, trained, scale));
    } finally {
      await trained.close();
    }
  });
  const { bundle } = base;
  const of = bundle.adapter?.of ?? bundle.id;
  return { languageModel: bundle.languageModel, adapter: { part: part.key, of } };
}

function draftOf(part: Part, { sha256, home }: Made): PartDraft {
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
  made: Made,
  { part, spec }: NonNullable<Model['visual']>,
  originals: Originals,
): Promise<Part> {
  const { modelsFolder } = made;
  return writePart(modelsFolder, draftOf(part, made), (folder) =>
    withOriginals(originals, async ({ visual }): Promise<PartSpec> => {
      if (visual === null) throw new Error('a model that sees has no visual originals');
      await writeVisualPath(join(folder, spec.graph), visual, telling(made, 'Writing projectors and fusion'));
      return spec;
    }),
  );
}

async function languageModelPart(made: Made, originals: Originals): Promise<Part> {
  const { modelsFolder, base } = made;
  const { part, spec } = base.languageModel;
  return writePart(modelsFolder, draftOf(part, made), (folder) =>
    withOriginals(originals, async ({ config, languageModel: weights }): Promise<PartSpec> => {
      await writeLanguageModel(join(folder, spec.graph), config, weights, {
        precision: languageLinear(part.precision ?? 'fp32'),
        onProgress: telling(made, 'Writing the language model'),
      });
      await writeEmbeddingTable(join(folder, spec.embeddings), weights, spec.embeddingType);
      return spec;
    }),
  );
}

/** After every weight. Throws ExpectedError 'cancelled'. */
function telling({ signal, onProgress }: InstallRun, detail: string): OnWeight {
  return (done, total) => {
    if (signal.aborted) throw cancelled();
    onProgress(detail, done / total);
  };
}
