import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import { openGguf } from './gguf.ts';
import { corrupt, unsupported } from './problems.ts';
import { openPytorch } from './pytorch.ts';
import { cannotOpen, type OpenFile, openFile } from './random-access-file.ts';
import { openSafetensors } from './safetensors.ts';
import { openSharded } from './sharded.ts';
import type { TensorSource } from './tensor-source.ts';

/** What a Hugging Face folder calls its weights, best first. */
const folderNames = [
  'model.safetensors.index.json',
  'model.safetensors',
  'pytorch_model.bin.index.json',
  'pytorch_model.bin',
] as const;

const weightsSuffix = /\.(safetensors|gguf|pt|pth|bin)$/;

/**
 * Opens the weights at `path`: a file, told apart by its first bytes and not by its name, or a folder with the
 * usual names or exactly one weights file. Throws ExpectedError 'file_missing', 'file_unreadable', 'file_corrupt',
 * 'file_unsupported'.
 */
export async function openTensors(path: string): Promise<TensorSource> {
  const stats = await stat(path).catch((error: unknown) => {
    throw cannotOpen(path, error);
  });
  return stats.isDirectory() ? openFolder(path) : openWeightsFile(path);
}

async function openFolder(path: string): Promise<TensorSource> {
  const names = await readdir(path).catch((error: unknown) => {
    throw cannotOpen(path, error);
  });
  const usual = folderNames.find((name) => names.includes(name));
  if (usual) return openWeightsFile(join(path, usual));
  const others = names.filter((name) => weightsSuffix.test(name));
  if (others.length === 1) return openWeightsFile(join(path, others[0]!));
  throw others.length === 0
    ? new ExpectedError('file_missing', `${path} holds no weights file.`, 'Choose the folder that does.')
    : unsupported(path, `holds ${others.length} weights files and no index`, 'Choose one of the files.');
}

/** One file, or the index of several, wherever `open` finds it. Throws as {@link openTensors} does. */
export async function openWeightsFile(path: string, open: OpenFile = openFile): Promise<TensorSource> {
  switch (await recognise(path, open)) {
    case 'gguf':
      return openGguf(path, open);
    case 'pytorch':
      return openPytorch(path, open);
    case 'safetensors':
      return openSafetensors(path, open);
    case 'index':
      return openSharded(path, (part) => openShard(part, open), open);
    case 'pointer':
      throw unsupported(
        path,
        'is a Git LFS pointer, not the weights',
        'Run git lfs pull, or download the file.',
      );
    case 'unknown':
      throw unsupported(path, 'is not a safetensors, GGUF or PyTorch file');
  }
}

/** A part of a model that an index names. An index that names an index, or itself, would have no end. */
async function openShard(path: string, open: OpenFile): Promise<TensorSource> {
  if ((await recognise(path, open)) === 'index') {
    throw corrupt(path, 'it is an index where weights should be');
  }
  return openWeightsFile(path, open);
}

async function recognise(
  path: string,
  open: OpenFile,
): Promise<'gguf' | 'pytorch' | 'safetensors' | 'index' | 'pointer' | 'unknown'> {
  const file = await open(path);
  try {
    const start = Buffer.from(await file.read(0, Math.min(32, file.size)));
    const text = start.toString('latin1');
    if (text.startsWith('GGUF')) return 'gguf';
    // First the header's length, whose bytes may look like the beginning of the other kinds.
    const isHeader = start[8] === 0x7b && start.length > 9;
    if (isHeader && start.readBigUInt64LE(0) <= file.size) return 'safetensors';
    if (text.startsWith('PK\u0003\u0004') || start[0] === 0x80) return 'pytorch';
    if (text.startsWith('version https://git-lfs')) return 'pointer';
    if (/^\s*\{/.test(text)) return 'index';
    return isHeader ? 'safetensors' : 'unknown';
  } finally {
    await file.close();
  }
}
