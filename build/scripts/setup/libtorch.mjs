import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { knownFailure, runCommand, which } from './command.mjs';
import { at, cache } from './folders.mjs';
import { SetupError, say } from './say.mjs';

/** The version that the addon is written against and tested with. @type {string} */
export const torchVersion = JSON.parse(readFileSync(at('engine', 'native', 'libtorch.json'), 'utf8')).version;

/** Wheels, and what is kept of each: the CPU library needs two small ones of NVIDIA's even where there is no GPU. */
const wheels = [
  {
    name: `torch==${torchVersion}`,
    keep: ['torch/include/', 'torch/lib/libtorch_cpu.so', 'torch/lib/libc10.so', 'torch/lib/libgomp.so.1'],
  },
  { name: 'nvidia-cuda-cupti==13.2.86', keep: ['nvidia/cu13/lib/libcupti.so.13'] },
  { name: 'nvidia-cuda-runtime==13.2.86', keep: ['nvidia/cu13/lib/libcudart.so.13'] },
];
const kept = wheels.flatMap(({ keep }) => keep);

/** Takes named members out of a wheel (a zip file); Node has no reader of its own. */
const unzip = `
import sys, zipfile
wheel, target, *keep = sys.argv[1:]
with zipfile.ZipFile(wheel) as z:
    z.extractall(target, [n for n in z.namelist() if any(n == k or (k.endswith('/') and n.startswith(k)) for k in keep)])
`;

/**
 * The folder of libtorch (`lib`, `include`), fetched once a version: from the wheels that pip downloads, or linked
 * from a Python environment of this repository that has them.
 * @returns {Promise<string>}
 */
export async function ensureLibtorch() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError('libtorch is fetched by set-up on Linux (x86-64) only so far.');
  }
  const folder = join(cache, 'native', `libtorch-${torchVersion}`);
  if (existsSync(folder)) return join(folder, 'torch');
  mkdirSync(dirname(folder), { recursive: true });
  const part = mkdtempSync(`${folder}.part-`);
  try {
    const environment = installedTorch();
    if (environment !== null) for (const path of kept) link(join(environment, path), join(part, path));
    else await download(part);
    renameSync(part, folder);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    throw error;
  }
  return join(folder, 'torch');
}

/** @returns {string | null} the packages of a Python environment under the cache that holds this very version */
function installedTorch() {
  const environments = existsSync(cache) ? readdirSync(cache) : [];
  for (const name of environments) {
    const lib = join(cache, name, 'lib');
    const pythons = name.endsWith('venv') && existsSync(lib) ? readdirSync(lib) : [];
    for (const python of pythons) {
      const packages = join(lib, python, 'site-packages');
      const right = existsSync(join(packages, `torch-${torchVersion}.dist-info`));
      if (right && kept.every((path) => existsSync(join(packages, path)))) return packages;
    }
  }
  return null;
}

/** A file or a folder of files, as hard links: libraries look for each other beside their real path. @param {string} from @param {string} to */
function link(from, to) {
  if (statSync(from).isDirectory()) {
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) link(join(from, name), join(to, name));
    return;
  }
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

/** @param {string} target */
async function download(target) {
  const python = which('python3') ?? which('python');
  if (!python)
    throw new SetupError('libtorch is fetched by pip, and there is no Python 3 here. Install python3.');
  const folder = join(target, 'wheels');
  for (const { name, keep } of wheels) {
    say(`fetching ${name} with pip …`);
    const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--dest', folder, name];
    const fetched = await runCommand(python, args, { watch: [folder], stallMs: 120_000 });
    if (fetched.code !== 0) {
      const why = knownFailure(fetched.output) ?? fetched.output.trim().split('\n').at(-1);
      throw new SetupError(`pip could not fetch ${name}: ${why}`);
    }
    const [wheel] = readdirSync(folder);
    const unpacked = await runCommand(python, ['-c', unzip, join(folder, String(wheel)), target, ...keep]);
    if (unpacked.code !== 0)
      throw new SetupError(`${wheel} could not be unpacked: ${unpacked.output.trim()}`);
    rmSync(folder, { recursive: true });
  }
}
