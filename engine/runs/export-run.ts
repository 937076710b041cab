import { createReadStream, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import { adaptersOf, type ExportFormat } from '../contract/training.ts';
import { readModel } from '../models/model.ts';
import type { VisualPath } from '../models/write-graphs.ts';
import type { Weights } from '../nn/weights.ts';
import { writeAdapter } from '../training/adapters.ts';
import { huggingFaceWeights, mervCheckpoint } from '../training/export.ts';
import { type FolderFile, writeFolder } from '../training/write-folder.ts';
import { openTensors } from '../weights/open.ts';
import { checkpointFile } from './install-run.ts';
import { type OriginalParts, type Originals, withOriginals } from './originals.ts';
import { readConfig, readOriginals } from './run-folder.ts';
import { trainedParts } from './trained-weights.ts';

export interface ExportedCheckpoint {
  /** The run's. */
  readonly folder: string;
  readonly step: number;
  readonly modelsFolder: string;
}

/**
 * Writes a checkpoint for use elsewhere. Throws ExpectedError 'not_found', 'bad_request' where the run has nothing of that
 * form, 'not_allowed' where something is there, 'disk_full', and what the originals' readers throw.
 */
export async function exportRun(from: ExportedCheckpoint, format: ExportFormat, path: string): Promise<void> {
  const checkpoint = checkpointFile(from.folder, from.step);
  if (existsSync(path)) {
    throw new ExpectedError('not_allowed', `${path} is there already.`, 'Name a folder that is not there.');
  }
  const config = readConfig(from.folder);
  const adapter = adaptersOf(config);
  const source = await openTensors(checkpoint);
  try {
    if (format === 'peft') {
      if (adapter === null) throw unfit(`The run ${config.name} trains no adapter.`);
      return await writeAdapter(path, source, adapter, config.modelId);
    }
    const originals = readOriginals(from.folder);
    await withOriginals(originals, async (base) => {
      const parts = trainedParts(base, source, adapter);
      const files =
        format === 'merv'
          ? mervFiles(originals, parts)
          : await huggingFaceFiles(originals, parts, from.modelsFolder, config.modelId);
      await writeFolder(path, files);
    });
  } finally {
    await source.close();
  }
}

/** What was never trained. */
function rootOf(originals: Originals): Exclude<Originals, { readonly kind: 'trained' }> {
  return originals.kind === 'trained' ? rootOf(originals.base) : originals;
}

function mervFiles(originals: Originals, { languageModel, visual }: OriginalParts): readonly FolderFile[] {
  const root = rootOf(originals);
  if (
    root.kind !== 'recipe' ||
    root.languageModel.form !== 'merv' ||
    root.visual === null ||
    visual === null
  ) {
    throw unfit('The model is none of the reference’s: its checkpoints cannot hold it.');
  }
  const modules = {
    projectors: projectorsOf(visual),
    fusion: 'weights' in visual.fusion ? visual.fusion.weights : none,
    languageModel,
  };
  const config = join(dirname(dirname(root.visual.path)), 'config.json');
  return [
    { name: 'config.json', pieces: createReadStream(config) },
    { name: join('checkpoints', 'latest-checkpoint.pt'), pieces: mervCheckpoint(modules, 'F32') },
  ];
}

async function huggingFaceFiles(
  originals: Originals,
  { languageModel, config }: OriginalParts,
  modelsFolder: string,
  modelId: string,
): Promise<readonly FolderFile[]> {
  const root = rootOf(originals);
  const given = root.kind === 'recipe' ? root.languageModel.config : null;
  const { tokenizer } = await readModel(modelsFolder, modelId);
  if (typeof given !== 'object' || given === null || tokenizer.spec.kind === 'gguf') {
    throw unfit('The model came as a GGUF file, without the configuration that such a folder needs.');
  }
  const { file, config: settings } = tokenizer.spec;
  const own = (name: string): FolderFile => ({
    name,
    pieces: createReadStream(join(tokenizer.folder, name)),
  });
  const described = `${JSON.stringify({ ...given, vocab_size: config.vocab }, null, 2)}\n`;
  return [
    { name: 'config.json', pieces: [Buffer.from(described)] },
    { name: 'model.safetensors', pieces: huggingFaceWeights(languageModel, 'F32') },
    own(file),
    ...(settings === null ? [] : [own(settings)]),
  ];
}

const none: Weights = {
  tensors: new Map(),
  read: async (name) => {
    throw new Error(`no weight ${name}`);
  },
};

function projectorsOf({ encoders }: VisualPath): Weights {
  const byName = new Map<string, { readonly weights: Weights; readonly name: string }>();
  const tensors = new Map<string, { readonly shape: readonly number[] }>();
  for (const [i, { weights }] of encoders.entries()) {
    for (const [name, info] of weights.tensors) {
      byName.set(`${i}.${name}`, { weights, name });
      tensors.set(`${i}.${name}`, info);
    }
  }
  return {
    tensors,
    read: async (name) => {
      const found = byName.get(name);
      if (found === undefined) throw new Error(`no weight ${name}`);
      return found.weights.read(found.name);
    },
  };
}

function unfit(sentence: string): ExpectedError {
  return new ExpectedError('bad_request', sentence, 'Choose another form, or install it as a model instead.');
}
