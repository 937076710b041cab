import { ExpectedError } from '../../contract/errors.ts';

/** What PyTorch publishes for a platform, and what of it training needs. */
export interface LibtorchPlatform {
  /** As folders are called: "linux-x64". */
  readonly name: string;
  /** The platform tag of a wheel (PEP 425, PEP 600): the last part of its name. */
  readonly tag: RegExp;
  /** Files of the archive without which nothing loads. */
  readonly needed: readonly string[];
  /** Shared libraries. */
  readonly library: RegExp;
  /** Opened by itself for a GPU. */
  readonly cuda: string | null;
}

const linux = {
  needed: ['torch/lib/libtorch_cpu.so', 'torch/lib/libc10.so'],
  library: /\.so(\.\d+)*$/,
  cuda: 'torch/lib/libtorch_cuda.so',
} as const;

/** PyTorch's own list of platforms; macOS on Intel ended with 2.2. */
const platforms: Readonly<Record<string, LibtorchPlatform>> = {
  'linux-x64': { ...linux, name: 'linux-x64', tag: /^(many)?linux[0-9_.a-z]*_x86_64$/ },
  'linux-arm64': { ...linux, name: 'linux-arm64', tag: /^(many)?linux[0-9_.a-z]*_aarch64$/ },
  'darwin-arm64': {
    name: 'darwin-arm64',
    tag: /^macosx_\d+_\d+_arm64$/,
    needed: ['torch/lib/libtorch_cpu.dylib', 'torch/lib/libc10.dylib'],
    library: /\.dylib$/,
    cuda: null,
  },
  'win32-x64': {
    name: 'win32-x64',
    tag: /^win_amd64$/,
    needed: ['torch/lib/torch_cpu.dll', 'torch/lib/c10.dll'],
    library: /\.dll$/,
    cuda: 'torch/lib/torch_cuda.dll',
  },
};

/** Throws ExpectedError 'training_unavailable' where PyTorch publishes nothing. */
export function platformOf(system: string, processor: string): LibtorchPlatform {
  const found = platforms[`${system}-${processor}`];
  if (found !== undefined) return found;
  throw new ExpectedError(
    'training_unavailable',
    `PyTorch publishes no libtorch for this system (${system} ${processor}).`,
    'Train on Linux, on Windows or on a Mac with Apple’s processor; answering works here.',
  );
}

/** Where an archive keeps libraries: of PyTorch itself, grafted by auditwheel, of NVIDIA. */
const folders = /^(torch\/lib|torch\.libs|nvidia\/(\w+\/)?(lib|bin))\/[\w.+-]+$/;

/** Libraries for Python, for PyTorch's own tests, and for sharing memory between Pythons. */
const unneeded = /(python|_test|test_|shm|global_deps|backend_with_compiler|aoti_custom|nnapi_backend)/;

/** Whether a file of an archive is one of the libraries that training needs. */
export function isWanted({ needed, library }: LibtorchPlatform, name: string): boolean {
  if (needed.includes(name)) return true;
  const file = name.slice(name.lastIndexOf('/') + 1);
  return folders.test(name) && library.test(file) && !unneeded.test(file);
}
