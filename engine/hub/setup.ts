import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import { assembleStarter, starterId } from './assemble-starter.ts';
import { fetchStarterParts, type StarterPart } from './starter.ts';
import type { StarterSource } from './starter-sources.ts';

export interface SetupOptions {
  readonly modelsFolder: string;
  /** Holds the class names of the object encoder. */
  readonly resourcesFolder: string;
  readonly onProgress: (sentence: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes the starter model ready: fetches its parts, then builds it. What is ready already costs nothing. Resolves with
 * the model's folder.
 */
export async function setUpStarter(options: SetupOptions): Promise<string> {
  const { modelsFolder, resourcesFolder, onProgress, signal } = options;
  let last = '';
  const parts = await fetchStarterParts({
    folder: join(modelsFolder, '.parts'),
    signal,
    onProgress({ name, stage, doneBytes, totalBytes }) {
      const tenth = Math.floor((10 * doneBytes) / totalBytes) * 10;
      const verb = stage === 'download' ? 'Fetching' : 'Unpacking';
      const sentence = `${verb} ${name}, ${tenth} % of ${Math.round(totalBytes / 1e6)} MB`;
      if (sentence !== last) onProgress(sentence);
      last = sentence;
    },
  });
  const encoder = partWith(parts, 'object-encoder');
  await assembleStarter({
    modelsFolder,
    languageModel: partWith(parts, 'language-model'),
    encoder: { ...encoder, depth: 1, size: 224 },
    labels: await readLabels(join(resourcesFolder, 'imagenet-labels.json')),
    onProgress,
  });
  return join(modelsFolder, starterId);
}

function partWith(parts: readonly StarterPart[], id: StarterSource['id']): StarterPart {
  const part = parts.find((each) => each.id === id);
  if (part === undefined) throw new Error(`no starter part ${id}`);
  return part;
}

async function readLabels(path: string): Promise<readonly string[]> {
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
