import { constants } from 'node:os';
import { ExpectedError } from '../contract/errors.ts';
import type { Addon } from './addon.ts';
import { createTorch, type Torch } from './torch.ts';

export interface LoadOptions {
  /** Files of the addon, tried in turn. */
  readonly candidates: readonly string[];
  /** libtorch_cuda's file where a GPU is to be used, else null. */
  readonly cuda: string | null;
}

export interface LoadAttempt {
  readonly path: string;
  readonly problem: string;
  readonly remedy: string;
}

export interface LoadedTorch {
  readonly torch: Torch;
  readonly path: string;
  /** What was tried before, and the CUDA library where it could not be opened: training then runs on the CPU. */
  readonly attempts: readonly LoadAttempt[];
}

/**
 * Idle OpenMP threads sleep instead of spinning, as the library reads it when it is loaded: a spinning thread takes the
 * core that the engine and the window need.
 */
const openMp = { OMP_WAIT_POLICY: 'PASSIVE' } as const;

/** Loads the training addon. Throws ExpectedError 'training_unavailable' that names every attempt and its remedy. */
export function loadTorch({ candidates, cuda }: LoadOptions): LoadedTorch {
  for (const [name, value] of Object.entries(openMp)) process.env[name] ??= value;
  const attempts: LoadAttempt[] = [];
  for (const path of candidates) {
    const opened = openAddon(path);
    if ('problem' in opened) {
      attempts.push(opened);
      continue;
    }
    // Before any other call: libtorch asks once whether CUDA is there and keeps the answer.
    const problem = cuda === null ? '' : opened.openLibrary(cuda);
    if (cuda !== null && problem !== '') attempts.push({ path: cuda, problem, remedy: cudaRemedy(problem) });
    return { torch: createTorch(opened), path, attempts };
  }
  const tried = attempts.map(({ path, problem }) => `${path} (${problem})`).join('; ');
  throw new ExpectedError(
    'training_unavailable',
    `The training engine cannot be loaded${tried === '' ? '' : `: ${tried}`}.`,
    attempts.at(-1)?.remedy ?? 'Install the training engine in Settings.',
  );
}

function openAddon(path: string): Addon | LoadAttempt {
  const holder: { exports: Partial<Addon> } = { exports: {} };
  try {
    process.dlopen(holder, path, constants.dlopen.RTLD_NOW);
  } catch (error) {
    const problem = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    return { path, problem, remedy: remedyOf(problem) };
  }
  if (typeof holder.exports.call !== 'function') {
    const remedy = 'Build it again: npm run native.';
    return { path, problem: 'it is not the training addon', remedy };
  }
  return holder.exports as Addon;
}

/** What helps, by the system loader's message. */
function remedyOf(problem: string): string {
  if (/GLIBCXX|CXXABI|GLIBC_/.test(problem)) {
    return 'The system’s C++ library is too old for libtorch: use a newer system (Debian 12, Ubuntu 22.04 or later).';
  }
  if (/undefined symbol/.test(problem))
    return 'libtorch is of another version: build again with npm run native.';
  const library = /(lib[\w.+-]+)[^:]*: cannot open shared object file/.exec(problem)?.[1];
  if (library?.startsWith('libtorch') || library?.startsWith('libc10')) {
    return `libtorch (${library}) is missing beside the addon: install the training engine again.`;
  }
  if (library !== undefined && !/merv-torch/.test(library))
    return `Install ${library}, which libtorch needs.`;
  if (/no such file|cannot open shared object|not found/i.test(problem)) {
    return 'The training engine is not installed: npm run native builds it.';
  }
  return 'Build the training engine again: npm run native.';
}

function cudaRemedy(problem: string): string {
  const library = /(lib[\w.+-]+)[^:]*: cannot open shared object file/.exec(problem)?.[1];
  return library === undefined
    ? 'Update the NVIDIA driver; training runs on the CPU until then.'
    : `${library} of NVIDIA’s is missing; training runs on the CPU until it is installed.`;
}
