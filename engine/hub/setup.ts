import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import { assembleStarter, starterId } from './assemble-starter.ts';
import { fetchStarterParts, type StarterPart, type StarterProgress } from './starter.ts';
import type { StarterSource } from './starter-sources.ts';
import { starterTraining } from './starter-training.ts';

export interface SetupOptions {
  readonly modelsFolder: string;
  /** Holds the class names of the object encoder. */
  readonly resourcesFolder: string;
  /** A sentence for each step; `fetched` with every piece while something is fetched. */
  readonly onProgress: (sentence: string, fetched: StarterProgress | null) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes the starter model ready: fetches its parts, then builds it. What is ready already costs nothing. Resolves with
 * the model's folder.
 */
export async function setUpStarter(options: SetupOptions): Promise<string> {
  const { modelsFolder, resourcesFolder, onProgress, signal } = options;
  const parts = await fetchStarterParts({
    folder: join(modelsFolder, '.parts'),
    signal,
    onProgress(fetched) {
      const { name, stage, doneBytes, totalBytes } = fetched;
      const tenth = Math.floor((10 * doneBytes) / totalBytes) * 10;
      const verb = stage === 'download' ? 'Fetching' : 'Unpacking';
      onProgress(`${verb} ${name}, ${tenth} % of ${Math.round(totalBytes / 1e6)} MB`, fetched);
    },
  });
  const encoder = partWith(parts, 'object-encoder');
  await assembleStarter({
    modelsFolder,
    languageModel: partWith(parts, 'language-model'),
    encoder: { ...encoder, depth: 1, size: 224 },
    labels: await readLabels(resourcesFolder),
    training: await starterTraining(resourcesFolder),
    onProgress: (sentence) => onProgress(sentence, null),
  });
  return join(modelsFolder, starterId);
}

function partWith(parts: readonly StarterPart[], id: StarterSource['id']): StarterPart {
  const part = parts.find((each) => each.id === id);
  if (part === undefined) throw new Error(`no starter part ${id}`);
  return part;
}

/** The object encoder's class names. Throws ExpectedError 'file_corrupt'. */
export async function readLabels(resourcesFolder: string): Promise<readonly string[]> {
  const path = join(resourcesFolder, 'imagenet-labels.json');
  try {
    return z
      .array(z.string())
      .length(1000)
      .parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new ExpectedError(
      'file_corrupt',
      `The class names in ${path} cannot be read.`,
      'Install MERV Studio again.',
      { cause },
    );
  }
}
