import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { threadCount } from '../../engine/runtime/session.ts';
import type { Contender } from './measure.ts';

const call = promisify(execFile);
const environment = fileURLToPath(new URL('../../.cache/bench-venv', import.meta.url));
const scripts = fileURLToPath(new URL('./peers', import.meta.url));
const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** What runs beside us, by its script in build/bench/peers; `modules` import where it is installed. */
const peers = {
  torch_llama: {
    name: 'PyTorch transformers',
    modules: 'cpu_torch, transformers',
    torch: true,
    wants: ['transformers'],
  },
  torch_train: {
    name: 'PyTorch eager',
    modules: 'cpu_torch, transformers',
    torch: true,
    wants: ['transformers'],
  },
  torch_vision: {
    name: 'PyTorch timm',
    modules: 'cpu_torch, timm',
    torch: true,
    wants: ['pyyaml', 'safetensors', 'huggingface_hub', '--no-deps timm torchvision'],
  },
  torch_encoders: {
    name: 'PyTorch timm, transformers and hiera',
    modules: 'cpu_torch, timm, transformers, hiera',
    torch: true,
    wants: [
      ...['pyyaml', 'safetensors', 'huggingface_hub', '--no-deps timm torchvision'],
      ...['transformers', 'tqdm packaging', '--no-deps hiera-transformer'],
    ],
  },
  pillow_resize: { name: 'Pillow', modules: 'PIL, numpy', torch: false, wants: ['pillow numpy'] },
  llama_cpp_python: {
    name: 'llama-cpp-python',
    modules: 'llama_cpp',
    torch: false,
    wants: ['llama-cpp-python'],
  },
} as const;

/** What torch imports at any rate; its CUDA libraries are not among them. */
const torchWants = [
  '--no-deps torch',
  'numpy pillow filelock typing-extensions sympy networkx jinja2 fsspec mpmath',
  ...(process.platform === 'linux' ? ['--no-deps nvidia-cuda-runtime nvidia-cuda-cupti'] : []),
];

/** llama-cpp-python is compiled where it is installed. */
const patienceMs = 20 * 60_000;

export interface Peer {
  /** Milliseconds that the peer took, by its own clock. */
  measure(request: object): Contender;
  /** Its whole answer. */
  ask(request: object): Promise<unknown>;
  close(): void;
}

/** A peer's process, which stays until it is closed; null, with a sentence, where it cannot be had. */
export async function startPeer(id: keyof typeof peers, settings: object = {}): Promise<Peer | null> {
  const { name } = peers[id];
  try {
    await install(id);
    const options = JSON.stringify({ threads: threadCount(), ...settings });
    const child = spawn(python, [join(scripts, `${id}.py`), options], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const receive = async (): Promise<unknown> => {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${name} ended`);
      return JSON.parse(value);
    };
    const ask = (request: object): Promise<unknown> => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return receive();
    };
    await receive();
    const versions = (await ask({ do: 'versions' })) as Readonly<Record<string, string>>;
    console.log(
      `peer: ${Object.entries(versions)
        .map((pair) => pair.join(' '))
        .join(', ')}`,
    );
    return {
      measure: (request) => async () => ((await ask(request)) as { readonly ms: number }).ms,
      ask,
      close: () => child.stdin.end(),
    };
  } catch (error) {
    console.log(`${name} is left out: ${(error as Error).message.split('\n', 1)[0]}.`);
    return null;
  }
}

/** Throws an Error whose message says why it cannot be had; what failed once is not tried again. */
async function install(id: keyof typeof peers): Promise<void> {
  const { name, modules, torch, wants } = peers[id];
  const failure = join(environment, `${id}.failed`);
  if (existsSync(failure))
    throw new Error(`${readFileSync(failure, 'utf8')} (remove ${failure} to try again)`);
  const works = () => call(python, ['-c', `import ${modules}`], { cwd: scripts });
  if (!existsSync(python)) await call('python3', ['-m', 'venv', environment]);
  const missing = await works().then(
    () => false,
    () => true,
  );
  if (!missing) return;
  console.log(`Installing ${name} for comparison (once) …`);
  try {
    for (const packages of [...(torch ? torchWants : []), ...wants]) {
      const arguments_ = ['-m', 'pip', 'install', '-q', ...packages.split(' ')];
      await call(python, arguments_, { timeout: patienceMs });
    }
    if (torch && process.platform === 'linux') await call(python, [join(scripts, 'stub_cuda.py')]);
    await works();
  } catch (error) {
    const why = (error as { readonly killed?: boolean }).killed
      ? `it was not installed within ${patienceMs / 60_000} minutes`
      : (error as Error).message.split('\n', 1)[0]!;
    writeFileSync(failure, why);
    throw new Error(why);
  }
}
