import { randomUUID } from 'node:crypto';
import { unlink, writeFile } from 'node:fs/promises';
import { arch, cpus, freemem, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Answerer } from '../answering/answerer.ts';
import { ExpectedError } from '../contract/errors.ts';
import type { ProbedRuntime } from '../contract/libtorch.ts';
import type { DoctorCheck } from '../contract/system.ts';
import type { Database } from '../store/database.ts';
import { freeBytes } from '../store/disk.ts';
import type { Folders } from '../store/folders.ts';
import type { Ffmpeg } from '../video/ffmpeg.ts';
import { nvidiaGpus } from './nvidia.ts';

/** One of ONNX Runtime's execution providers, as this machine has it. */
export interface ProviderProbe {
  readonly name: string;
  readonly available: boolean;
  readonly detail: string;
}

export interface DoctorOptions {
  readonly version: string;
  readonly folders: Folders;
  /** The user's history on disk. Throws ExpectedError where it cannot be used. */
  readonly history: () => Database;
  readonly answerer: Answerer;
  readonly ffmpeg: () => Promise<Ffmpeg>;
  readonly providers: () => Promise<readonly ProviderProbe[]>;
  readonly training: () => Promise<ProbedRuntime>;
}

type Finding = Pick<DoctorCheck, 'status' | 'detail'> & { readonly remedy?: string };

const gigabyte = 2 ** 30;
const gigabytes = (bytes: number): string => `${(bytes / gigabyte).toFixed(1)} GB`;

/** Looks at everything an answer needs. Never throws: a check that fails is a problem with a remedy. */
export async function examine(options: DoctorOptions): Promise<DoctorCheck[]> {
  const checks: readonly (readonly [string, string, () => Promise<Finding>])[] = [
    ['version', 'MERV Studio', () => runtimeOf(options.version)],
    ['ffmpeg', 'ffmpeg', () => ffmpegOf(options.ffmpeg)],
    ['providers', 'ONNX Runtime', () => providersOf(options.providers)],
    ['gpu', 'GPU', gpuOf],
    ['training', 'Training', () => trainingOf(options.training)],
    ['memory', 'Memory', memoryOf],
    ['disk', 'Disk', () => diskOf(options.folders.data)],
    ['folders', 'Folders', () => foldersOf(options.folders)],
    ['models', 'Models', () => modelsOf(options.answerer)],
    ['history', 'History', () => historyOf(options.history)],
  ];
  return Promise.all(
    checks.map(async ([id, title, look]) => {
      const { status, detail, remedy = null } = await look().catch(findingOf);
      return { id, title, status, detail, remedy };
    }),
  );
}

function findingOf(error: unknown): Finding {
  if (error instanceof ExpectedError)
    return { status: 'problem', detail: error.message, remedy: error.remedy };
  const detail = `This could not be examined: ${error instanceof Error ? error.message : String(error)}`;
  return {
    status: 'problem',
    detail,
    remedy: 'Install MERV Studio again; if that does not help, report it.',
  };
}

async function runtimeOf(version: string): Promise<Finding> {
  const { node, electron } = process.versions;
  const runtime = electron ? `Electron ${electron} (Node ${node})` : `Node ${node}`;
  const processor = `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores`;
  return {
    status: 'ok',
    detail: `${version} on ${runtime}, ${platform()} ${release()} ${arch()}, ${processor}`,
  };
}

async function ffmpegOf(find: () => Promise<Ffmpeg>): Promise<Finding> {
  const { program, version, source } = await find();
  return { status: 'ok', detail: `${version}, ${program} (found by ${source})` };
}

async function providersOf(probe: () => Promise<readonly ProviderProbe[]>): Promise<Finding> {
  const probes = await probe();
  const detail = probes
    .map(({ name, available, detail }) => `${name}: ${available ? '' : 'not available, '}${detail}`)
    .join('; ');
  if (probes.some((each) => each.available)) return { status: 'ok', detail };
  return { status: 'problem', detail: detail || 'none found', remedy: 'Install MERV Studio again.' };
}

async function gpuOf(): Promise<Finding> {
  const gpus = await nvidiaGpus();
  if (gpus === 'absent')
    return { status: 'note', detail: 'No NVIDIA driver was found: answers are computed on the processor.' };
  if (gpus === 'silent') {
    return {
      status: 'note',
      detail: 'nvidia-smi is there but does not answer: answers are computed on the processor.',
      remedy: 'Reinstall the NVIDIA driver if this machine has an NVIDIA GPU.',
    };
  }
  return { status: 'ok', detail: gpus.join('; ') };
}

async function trainingOf(probe: () => Promise<ProbedRuntime>): Promise<Finding> {
  const { state, version, place, devices, attempts, remedy } = await probe();
  if (state === 'ready')
    return { status: 'ok', detail: `libtorch ${version} on ${devices.join(' and ')} (${place})` };
  // Answers do not need it.
  return {
    status: 'note',
    detail: attempts[0] ?? 'There is no training engine.',
    ...(remedy === null ? {} : { remedy }),
  };
}

async function memoryOf(): Promise<Finding> {
  const detail = `${gigabytes(freemem())} free of ${gigabytes(totalmem())}`;
  if (totalmem() >= 4 * gigabyte) return { status: 'ok', detail };
  return { status: 'note', detail, remedy: 'Close other programs before you ask; prefer small models.' };
}

async function diskOf(folder: string): Promise<Finding> {
  const free = await freeBytes(folder);
  if (free === null)
    return { status: 'note', detail: `How much is free for ${folder} could not be found out.` };
  const detail = `${gigabytes(free)} free for ${folder}`;
  if (free >= 5 * gigabyte) return { status: 'ok', detail };
  return {
    status: free < gigabyte ? 'problem' : 'note',
    detail,
    remedy: 'Free some space, or name a data folder on another disk in MERV_HOME.',
  };
}

async function foldersOf({ data, models, cache, uploads }: Folders): Promise<Finding> {
  for (const folder of [data, models, cache, uploads]) {
    const probe = join(folder, `.write-${randomUUID()}`);
    try {
      await writeFile(probe, 'x');
      await unlink(probe);
    } catch (error) {
      const detail = `${folder} cannot be written: ${error instanceof Error ? error.message : String(error)}`;
      return {
        status: 'problem',
        detail,
        remedy: 'Correct its permissions, or name another folder in MERV_HOME.',
      };
    }
  }
  return { status: 'ok', detail: `${data} is writable` };
}

async function modelsOf(answerer: Answerer): Promise<Finding> {
  const models = await answerer.models();
  const detail = models.map(({ name, id, bytes }) => `${name} (${id}, ${gigabytes(bytes)})`).join('; ');
  if (models.length > 0) return { status: 'ok', detail };
  return {
    status: 'problem',
    detail: 'No model is installed.',
    remedy: 'Install one of the catalogue: `merv install starter` is the smallest.',
  };
}

async function historyOf(open: () => Database): Promise<Finding> {
  const database = open();
  const damage = database.check();
  if (damage.length > 0) {
    return {
      status: 'problem',
      detail: `${database.path}: ${damage.join('; ')}`,
      remedy: 'Export what you need, then start again: the damaged file is kept and a new history started.',
    };
  }
  if (database.warnings.length > 0) return { status: 'note', detail: database.warnings.join(' ') };
  return { status: 'ok', detail: database.path };
}
