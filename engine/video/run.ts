import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { cancelled, ExpectedError } from '../contract/errors.ts';
import type { Ffmpeg } from './ffmpeg.ts';

export interface FfmpegRun {
  readonly args: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Written to the child's standard input as fast as it reads, then closed. */
  readonly input?: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | undefined;
  readonly onOutput?: (chunk: Buffer) => void;
  readonly onPipe3?: (chunk: Buffer) => void;
  /** Lines of standard error, as they come. */
  readonly onLine?: (line: string) => void;
  /** Called once with a function that ends the child early; an early end is not a failure. */
  readonly onStart?: (stop: () => void) => void;
}

export interface FfmpegExit {
  /** 0, ffmpeg's own code, or null when it was ended by {@link FfmpegRun.onStart}'s function. */
  readonly code: number | null;
  /** The last 16 KB of standard error. */
  readonly messages: string;
}

const keptMessages = 16 * 1024;
const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Runs ffmpeg without a shell and waits for its exit. Throws 'cancelled' when the signal fires: the child is killed
 * first and gone by then. A non-zero exit is a value: the caller knows what it means. Throws ExpectedError
 * 'ffmpeg_failed' when the program cannot be started or dies of a signal.
 */
export async function runFfmpeg(ffmpeg: Ffmpeg, run: FfmpegRun): Promise<FfmpegExit> {
  if (run.signal?.aborted) throw cancelled();
  const child = spawn(ffmpeg.program, ['-hide_banner', '-nostats', ...run.args], {
    stdio: [run.input ? 'pipe' : 'ignore', 'pipe', 'pipe', run.onPipe3 ? 'pipe' : 'ignore'],
    windowsHide: true,
  });
  running.add(child);
  let stopped = false;
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  run.signal?.addEventListener('abort', kill);
  run.onStart?.(() => {
    stopped = true;
    kill();
  });
  const messages = keepMessages(child.stderr!, run.onLine);
  const poured = child.stdin && run.input ? pour(run.input, child.stdin) : Promise.resolve();
  poured.catch(kill);
  const pipe3 = child.stdio[3] as Readable | null;
  if (run.onPipe3) pipe3?.on('data', run.onPipe3);
  pipe3?.on('error', () => {});
  const exit = new Promise<{ code: number | null; failure?: Error }>((resolve) => {
    child.once('error', (failure) => resolve({ code: null, failure }));
    child.once('close', (code) => resolve({ code }));
  });
  try {
    await drain(child.stdout!, run.onOutput);
    const { code, failure } = await exit;
    await poured;
    if (run.signal?.aborted) throw cancelled();
    if (failure) throw failed(ffmpeg, failure.message, failure);
    if (code === null && !stopped) throw failed(ffmpeg, `it was ended by ${child.signalCode}`);
    return { code: stopped ? null : code, messages: messages() };
  } catch (error) {
    kill();
    await exit;
    if (run.signal?.aborted) throw cancelled();
    throw error;
  } finally {
    running.delete(child);
    run.signal?.removeEventListener('abort', kill);
  }
}

function failed(ffmpeg: Ffmpeg, why: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'ffmpeg_failed',
    `ffmpeg (${ffmpeg.program}) did not run: ${why}.`,
    'Run `merv doctor` to see which ffmpeg is used, and set FFMPEG_BIN to one that works.',
    { cause },
  );
}

/** Reads to the end. Plain events: async iteration costs a third more for large pictures. */
function drain(stream: Readable, sink: FfmpegRun['onOutput']): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      try {
        sink?.(chunk);
      } catch (error) {
        reject(error);
      }
    });
    stream.on('close', resolve);
    stream.on('error', reject);
  });
}

/** Writes everything with back-pressure. A child that ends early closes its input: that shows in its exit, not here. */
async function pour(input: NonNullable<FfmpegRun['input']>, stdin: Writable): Promise<void> {
  let open = true;
  let wake = (): void => {};
  const close = (): void => {
    open = false;
    wake();
  };
  stdin.on('error', close);
  stdin.on('close', close);
  stdin.on('drain', () => wake());
  for await (const chunk of input) {
    if (!open) return;
    if (stdin.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  stdin.end();
}

function keepMessages(stream: Readable, onLine: FfmpegRun['onLine']): () => string {
  const decoder = new StringDecoder('utf8');
  let kept = '';
  let partial = '';
  stream.on('data', (chunk: Buffer) => {
    const text = decoder.write(chunk);
    kept = (kept + text).slice(-keptMessages);
    if (!onLine) return;
    const lines = (partial + text).split('\n');
    partial = lines.pop()!;
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => {
    if (onLine && partial !== '') onLine(partial);
  });
  return () => kept;
}
