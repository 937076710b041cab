import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { type ProbedRuntime, probedRuntimeSchema } from '../contract/libtorch.ts';
import { runFile } from './run-folder.ts';

export interface TrainerProgram {
  /** The bundle of engine/doors/trainer.ts. */
  readonly file: string;
}

export interface StartedTrainer {
  /** Null where it could not be started. */
  readonly pid: number | null;
  /** How it ended: a signal's name, "code 3", or why it could not begin; null as long as it lives. */
  end(): string | null;
}

/** Electron's own program becomes Node. */
const env = (): NodeJS.ProcessEnv => ({ ...process.env, ELECTRON_RUN_AS_NODE: '1' });

/** Starts a trainer that outlives this process; its output goes to the folder's log. */
export function startTrainer(
  { file }: TrainerProgram,
  mode: 'run' | 'preflight',
  folder: string,
): StartedTrainer {
  const log = openSync(runFile(folder, 'log'), 'a');
  try {
    const child = spawn(process.execPath, [file, mode, folder], {
      detached: true,
      stdio: ['ignore', log, log],
      env: env(),
      windowsHide: true,
    });
    let end: string | null = null;
    child.on('error', (error) => {
      console.error('Bug: the trainer could not be started:', error);
      end = error.message;
    });
    child.on('exit', (code, signal) => {
      end = signal ?? `code ${code}`;
    });
    child.unref();
    return { pid: child.pid ?? null, end: () => end };
  } finally {
    closeSync(log);
  }
}

const longestProbeMs = 60_000;

/** Asks in a process of its own: loading the libraries here would keep them here. */
export function probeRuntime({ file }: TrainerProgram, dataFolder: string): Promise<ProbedRuntime> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file, 'probe', dataFolder], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: env(),
      windowsHide: true,
    });
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.err += text;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), longestProbeMs);
    const missing = (why: string): ProbedRuntime => ({
      state: 'missing',
      version: null,
      place: null,
      devices: [],
      attempts: [`The trainer ${file} did not answer: ${why}.`],
      remedy: 'Install MERV Studio again.',
      lacksLibtorch: false,
    });
    child.on('error', (error) => resolve(missing(error.message)));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      try {
        resolve(probedRuntimeSchema.parse(JSON.parse(said.out)));
      } catch {
        resolve(missing(said.err.trim().split('\n').at(-1) || `it ended with ${signal ?? code}`));
      }
    });
  });
}
