import { dirname } from 'node:path/posix';
import { ExpectedError } from '../../contract/errors.ts';
import { readWeightMap } from '../../weights/sharded.ts';
import { findFile, inFolder, openerOf, type Place } from './place.ts';
import type { SourceFile } from './recipe.ts';

/** What a repository calls its weights, best first: an index names several files. */
const weightsNames = [
  'model.safetensors.index.json',
  'model.safetensors',
  'pytorch_model.bin.index.json',
  'pytorch_model.bin',
  'open_clip_model.safetensors',
  'open_clip_pytorch_model.bin',
] as const;

/** Throws ExpectedError 'model_incomplete'. */
export function sourceFile(place: Place, path: string): SourceFile {
  const file = findFile(place, path);
  if (file !== null) return { ...file, origin: place.origin };
  throw new ExpectedError(
    'model_incomplete',
    `${nameOf(place)} has no file ${path}.`,
    'Choose a place that holds the whole model.',
  );
}

export function optionalFile(place: Place, path: string): SourceFile | null {
  return findFile(place, path) === null ? null : sourceFile(place, path);
}

/** For sentences. */
export function nameOf({ origin }: Place): string {
  return origin.kind === 'hub' ? origin.repo : origin.path;
}

export function weightsPath(place: Place, folder: string): string | null {
  return weightsNames.map((name) => inFolder(folder, name)).find((path) => findFile(place, path)) ?? null;
}

/** The weights of a folder: what opens them, and every file of them. Throws ExpectedError 'model_incomplete'. */
export async function weightsFiles(
  place: Place,
  folder: string,
): Promise<{ readonly main: SourceFile; readonly all: readonly SourceFile[] }> {
  const path = weightsPath(place, folder);
  if (path === null) {
    throw new ExpectedError(
      'model_incomplete',
      `${nameOf(place)} holds no weights in safetensors or PyTorch's format${folder === '' ? '' : ` below ${folder}`}.`,
      'Choose a place that does.',
    );
  }
  const main = sourceFile(place, path);
  if (!path.endsWith('.index.json')) return { main, all: [main] };
  const parts = new Set((await readWeightMap(path, openerOf(place))).values());
  const inSame = (name: string) => inFolder(dirname(path) === '.' ? '' : dirname(path), name);
  return { main, all: [main, ...[...parts].map((name) => sourceFile(place, inSame(name)))] };
}
