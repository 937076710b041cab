import { constants, getPriority, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import type { ProbedRuntime } from '../contract/libtorch.ts';
import type { TrainConfig } from '../contract/training.ts';
import { loadTorch, tryTorch } from '../native/load.ts';
import type { Torch } from '../native/torch.ts';
import { runPreflight } from '../runs/run-preflight.ts';
import { runTrainer, type TrainerOptions } from '../runs/trainer.ts';
import { openFolders } from '../store/folders.ts';
import { hasAddon, torchPlaces } from './places.ts';

/** libtorch_cuda's file, for training on a GPU of NVIDIA's, where it does not lie beside libtorch. */
const cuda = process.env.MERV_LIBTORCH_CUDA || true;

/** `trainer run <folder>`, `trainer preflight <folder>`, `trainer probe <data folder>`: a process of its own each. */
async function main([mode, folder]: readonly string[]): Promise<void> {
  if (folder === undefined) throw new Error('a trainer needs a folder');
  if (mode === 'probe') {
    process.stdout.write(`${JSON.stringify(probe(folder))}\n`);
    return;
  }
  // It computes for hours on all cores; windows, questions and whatever else people do go first.
  const low = constants.priority.PRIORITY_BELOW_NORMAL;
  try {
    if (getPriority() < low) setPriority(low);
  } catch {
    // Not everywhere may a process do that; it is a courtesy.
  }
  const stop = new AbortController();
  // A closed terminal and a Ctrl-C in it are for whoever started the run, who asks for a pause.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('SIGTERM', () => stop.abort());
  // <data>/runs/<id>
  const folders = openFolders(dirname(dirname(folder)));
  const options: TrainerOptions = {
    folder,
    modelsFolder: folders.models,
    featuresFolder: join(folders.cache, 'training'),
    torch: (config) => openTorch(folders.data, config),
    signal: stop.signal,
  };
  await (mode === 'preflight' ? runPreflight(options) : runTrainer(options));
}

function openTorch(data: string, { device }: TrainConfig): Torch {
  const { torch, attempts } = loadTorch({
    candidates: torchPlaces(data),
    cuda: device === 'cuda' ? cuda : null,
  });
  if (device === 'cuda' && !torch.hasCuda) {
    const why = attempts.at(-1)?.problem ?? 'libtorch is here without CUDA';
    throw new ExpectedError(
      'training_unavailable',
      `This machine cannot train on a GPU: ${why}.`,
      'Choose the processor as device, or download libtorch for CUDA in Settings.',
    );
  }
  return torch;
}

function probe(data: string): ProbedRuntime {
  const loaded = tryTorch({ candidates: torchPlaces(data), cuda });
  const attempts = loaded.attempts.map(({ path, problem, remedy }) => `${path}: ${problem}. ${remedy}`);
  if (!('torch' in loaded)) {
    const remedy = loaded.attempts[0]?.remedy ?? null;
    const nothing = { version: null, place: null, devices: [] };
    return { state: 'missing', ...nothing, attempts, remedy, lacksLibtorch: hasAddon() };
  }
  const { torch, path } = loaded;
  const devices = torch.hasCuda ? (['cpu', 'cuda'] as const) : (['cpu'] as const);
  const { version } = torch;
  return {
    ...{ state: 'ready', version, place: path, devices: [...devices], attempts },
    ...{ remedy: null, lacksLibtorch: false },
  };
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
