import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import type { Addon } from './addon.ts';
import { placeBeside } from './place-beside.ts';
import { createTorch, type Torch } from './torch.ts';

/** libtorch by itself, as it was fetched, and the addon that is to use it. */
export interface SeparateTorch {
  readonly addon: string;
  /** Of libtorch; the paths of its files are relative to it. */
  readonly folder: string;
  /** Where in it the addon finds its libraries. */
  readonly libraries: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** libtorch_cuda's file where it has one. */
  readonly cuda: string | null;
}

export interface LoadOptions {
  /** Tried in turn: files of the addon that find libtorch themselves, and libtorchs that lie elsewhere. */
  readonly candidates: readonly (string | SeparateTorch)[];
  /** Whether a GPU is to be used where there is one; a file: this one for what has no libtorch_cuda of its own. */
  readonly cuda: string | boolean | null;
}

export interface LoadAttempt {
  readonly path: string;
  readonly problem: string;
  readonly remedy: string;
}

export interface LoadedTorch {
  readonly torch: Torch;
  /** The addon's file, or the folder of a libtorch that lies elsewhere. */
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
export function loadTorch(options: LoadOptions): LoadedTorch {
  const loaded = tryTorch(options);
  if ('torch' in loaded) return loaded;
  const tried = loaded.attempts.map(({ path, problem }) => `${path} (${problem})`).join('; ');
  throw new ExpectedError(
    'training_unavailable',
    `The training engine cannot be loaded${tried === '' ? '' : `: ${tried}`}.`,
    // What comes first was meant to be used.
    loaded.attempts[0]?.remedy ?? notBuilt,
  );
}

/** The same, with every attempt as a value where none succeeds. */
export function tryTorch({
  candidates,
  cuda: wanted,
}: LoadOptions): LoadedTorch | Pick<LoadedTorch, 'attempts'> {
  for (const [name, value] of Object.entries(openMp)) process.env[name] ??= value;
  const attempts: LoadAttempt[] = [];
  for (const candidate of candidates) {
    const separate = typeof candidate !== 'string';
    const path = separate ? candidate.folder : candidate;
    const opened = separate ? openSeparate(candidate) : openAddon(path);
    if ('problem' in opened) {
      attempts.push(opened);
      continue;
    }
    // Before any other call: libtorch asks once whether CUDA is there and keeps the answer.
    const own = separate ? candidate.cuda : null;
    const cuda = wanted === null || wanted === false ? null : (own ?? (wanted === true ? null : wanted));
    const problem = cuda === null ? '' : opened.openLibrary(cuda);
    if (cuda !== null && problem !== '') attempts.push({ path: cuda, problem, remedy: cudaRemedy(problem) });
    return { torch: createTorch(opened), path, attempts };
  }
  return { attempts };
}

const fetchAgain =
  'Remove libtorch in Settings and download it again (merv libtorch remove; merv libtorch install).';
const notBuilt = 'The training engine is not in this build of MERV Studio: npm run native builds it.';

function openSeparate({ addon, folder, libraries, files }: SeparateTorch): Addon | LoadAttempt {
  for (const { path, bytes } of files) {
    const size = statSync(join(folder, path), { throwIfNoEntry: false })?.size;
    if (size === bytes) continue;
    const problem = size === undefined ? `${path} is missing` : `${path} has ${size} bytes, not ${bytes}`;
    return { path: folder, problem, remedy: fetchAgain };
  }
  try {
    const opened = openAddon(placeBeside(addon, libraries));
    return 'problem' in opened ? { ...opened, path: folder } : opened;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { path: folder, problem, remedy: 'Free some space there and check its permissions.' };
  }
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
    return `libtorch (${library}) is not there: download it on the Train screen, or with merv libtorch install.`;
  }
  if (library !== undefined && !/merv-torch/.test(library))
    return `Install ${library}, which libtorch needs.`;
  if (/no such file|cannot open shared object|not found/i.test(problem)) {
    return notBuilt;
  }
  return 'Build the training engine again: npm run native.';
}

function cudaRemedy(problem: string): string {
  const library = /(lib[\w.+-]+)[^:]*: cannot open shared object file/.exec(problem)?.[1];
  return library === undefined
    ? 'Update the NVIDIA driver; training runs on the CPU until then.'
    : `${library} of NVIDIA’s is missing; training runs on the CPU until it is installed.`;
}
