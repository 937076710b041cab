import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the match once stdout or stderr holds it. */
  says(pattern: RegExp, where?: 'out' | 'err'): Promise<RegExpExecArray>;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A script as one file, built as the application is: a process starts in a third of the time. */
export interface BuiltScript {
  readonly file: string;
  remove(): void;
}

export async function buildScript(entry: URL): Promise<BuiltScript> {
  // Two folders below the root, as dist/cli is: it looks for resources from there.
  const file = `${root}.cache/test/${basename(entry.pathname, '.ts')}-${process.pid}.cjs`;
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node16',
    external: ['libsql', 'onnxruntime-node', 'ffmpeg-static'],
    logLevel: 'error',
  });
  return { file, remove: () => rmSync(file, { force: true }) };
}

/** The scripted command line in a process of its own. */
export function startCli(
  { file }: BuiltScript,
  words: readonly string[],
  home: string,
  env: NodeJS.ProcessEnv = {},
): Child {
  const child = spawn(process.execPath, [file, ...words], {
    env: { ...process.env, MERV_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  const listeners = new Set<() => void>();
  for (const [where, stream] of [
    ['out', child.stdout],
    ['err', child.stderr],
  ] as const) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said[where] += text;
      for (const listen of listeners) listen();
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, ...said }));
  });
  return {
    process: child,
    ended,
    says: (pattern, where = 'out') =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(said[where]);
          if (!match) return;
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        ended.then(({ code, err }) =>
          reject(new Error(`It ended with ${code} and never said ${pattern}: ${err}`)),
        );
        look();
      }),
  };
}
