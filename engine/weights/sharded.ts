import { basename, dirname, join } from 'node:path';
import { corrupt } from './problems.ts';
import type { OpenFile } from './random-access-file.ts';
import type { TensorInfo, TensorSource } from './tensor-source.ts';

const largestIndex = 64 << 20;
/** Each is an open file; the largest known models have some 200. */
const mostParts = 1000;

/**
 * Opens the parts named by a `*.index.json` (`weight_map`: tensor -> file beside the index) as one source.
 * `openPart` opens one of them. Throws ExpectedError 'file_missing' naming a part, 'file_corrupt'.
 */
export async function openSharded(
  indexPath: string,
  openPart: (path: string) => Promise<TensorSource>,
  open: OpenFile,
): Promise<TensorSource> {
  const weightMap = await readWeightMap(indexPath, open);
  const parts = new Map<string, TensorSource>();
  const closeAll = async (): Promise<void> => {
    for (const part of parts.values()) await part.close();
  };
  try {
    const names = new Set(weightMap.values());
    if (names.size > mostParts) throw corrupt(indexPath, `it names ${names.size} files`);
    for (const name of names) {
      parts.set(name, await openPart(join(dirname(indexPath), name)));
    }
    const tensors = new Map<string, TensorInfo>();
    for (const [tensor, part] of weightMap) {
      const info = parts.get(part)?.tensors.get(tensor);
      if (!info) throw corrupt(indexPath, `it places ${tensor} in ${part}, which does not hold it`);
      tensors.set(tensor, info);
    }
    return {
      tensors,
      read: async (name) => {
        const part = parts.get(weightMap.get(name) ?? '');
        if (!part) throw corrupt(indexPath, `it has no tensor ${name}`);
        return part.read(name);
      },
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Which file beside the index holds each tensor. Throws ExpectedError 'file_missing', 'file_corrupt'. */
export async function readWeightMap(path: string, open: OpenFile): Promise<ReadonlyMap<string, string>> {
  const file = await open(path);
  let text: string;
  try {
    if (file.size > largestIndex) throw corrupt(path, `an index of ${file.size} bytes is none`);
    text = new TextDecoder().decode(await file.read(0, file.size));
  } finally {
    await file.close();
  }
  const map = parseWeightMap(path, text);
  const entries = new Map<string, string>();
  for (const [tensor, part] of Object.entries(map)) {
    if (typeof part !== 'string' || !isBeside(part)) {
      const place = typeof part === 'string' ? part : `a ${typeof part}`;
      throw corrupt(path, `it places ${tensor} in ${place}, which is no file beside it`);
    }
    entries.set(tensor, part);
  }
  return entries;
}

/** Only names beside the index: an index must not reach elsewhere in the file system. */
function isBeside(name: string): boolean {
  return name === basename(name) && /^[^.\\/:\p{Cc}][^\\/:\p{Cc}]{0,254}$/u.test(name);
}

function parseWeightMap(path: string, text: string): object {
  try {
    const index: unknown = JSON.parse(text);
    if (typeof index === 'object' && index !== null && 'weight_map' in index) {
      const map = index.weight_map;
      if (typeof map === 'object' && map !== null && !Array.isArray(map)) return map;
    }
  } catch (error) {
    throw corrupt(path, 'it is not JSON', error);
  }
  throw corrupt(path, 'it has no weight_map');
}
