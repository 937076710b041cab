import { libtorchVersion } from '../../../engine/hub/libtorch/version.ts';
import { zip } from '../../unit/weights/containers.ts';
import { madeBytes } from '../fake-hub/repos.ts';
import type { FakeWheel } from './fake-torch.ts';

/** What is kept of {@link cpuWheel}: libraries that no system would load. */
export const libraries: Readonly<Record<string, Buffer>> = {
  'torch/lib/libc10.so': madeBytes(300_001, 1),
  'torch/lib/libgomp-a34b3233.so.1': madeBytes(100_003, 2),
  'torch/lib/libtorch_cpu.so': Buffer.concat([madeBytes(2_500_000, 3), Buffer.alloc(3_000_000, 'torch')]),
};

/** What is not: for Python, for tests, headers, descriptions. */
const others: Readonly<Record<string, Buffer>> = {
  'torch/__init__.py': Buffer.from('import this\n'),
  'torch/bin/protoc': madeBytes(5000, 4),
  'torch/include/torch/version.h': Buffer.from('#define TORCH_VERSION\n'),
  'torch/lib/libshm.so': madeBytes(5000, 5),
  'torch/lib/libtorch_global_deps.so': madeBytes(5000, 6),
  'torch/lib/libtorch_python.so': madeBytes(50_000, 7),
  'torch/lib/torch_shm_manager': madeBytes(5000, 8),
  'torch/lib/deep/libother.so': madeBytes(5000, 9),
  [`torch-${libtorchVersion}+cpu.dist-info/METADATA`]: Buffer.from('Requires-Dist: filelock\n'),
};

export interface WheelEntry {
  readonly name: string;
  readonly data: Buffer;
  readonly deflate?: boolean;
  readonly mode?: number;
}

export const cpuFile = `torch-${libtorchVersion}+cpu-cp310-cp310-manylinux_2_28_x86_64.whl`;

/** A wheel as PyTorch's for the processor, small; `more` comes at its end. */
export function cpuWheel(more: readonly WheelEntry[] = [], without: readonly string[] = []): FakeWheel {
  const usual = more.length === 0 && without.length === 0;
  if (usual && made !== null) return made;
  const files = Object.entries({ ...others, ...libraries })
    .filter(([name]) => !without.includes(name))
    .map(([name, data]) => ({ name, data, deflate: true, mode: 0o100755 }));
  const wheel: FakeWheel = { index: 'cpu', file: cpuFile, bytes: zip([...files, ...more]) };
  if (usual) made = wheel;
  return wheel;
}

/** Packing takes longer than most tests. */
let made: FakeWheel | null = null;
