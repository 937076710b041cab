import { execFile } from 'node:child_process';

export type ChildOutcome =
  | { readonly ok: true; readonly output: string }
  /** In a few words, without a full stop. */
  | { readonly ok: false; readonly reason: string };

/**
 * Runs a script that uses ONNX Runtime in a process of its own, since a driver may end the process that it is loaded
 * in. The script gets `arguments_` as the end of process.argv, writes its result to stdout and leaves with 0.
 */
export function inChild(
  script: string,
  arguments_: readonly string[],
  timeoutMs: number,
): Promise<ChildOutcome> {
  const options = {
    cwd: whereModulesAreFound(),
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    timeout: timeoutMs,
    maxBuffer: 1 << 20,
  };
  return new Promise((resolve) => {
    const ended = (error: Error | null, stdout: string, stderr: string): void => {
      if (error === null) resolve({ ok: true, output: stdout });
      else resolve({ ok: false, reason: reasonOf(error, stderr, timeoutMs) });
    };
    // Arguments that begin with a dash are the script's, not Node's.
    execFile(process.execPath, ['-e', script, '--', ...arguments_], options, ended);
  });
}

/** Beside the bundle, or beside the archive that it lies in. */
function whereModulesAreFound(): string {
  const folder = typeof __dirname === 'string' ? __dirname : process.cwd();
  return folder.split(/[\\/][^\\/]+\.asar/, 1)[0]!;
}

/** What ONNX Runtime says, in a few words where it is one of the usual things. */
function reasonOf(error: Error & { readonly killed?: boolean }, stderr: string, timeoutMs: number): string {
  if (error.killed) return `it did not answer within ${timeoutMs / 1000} seconds`;
  const said = /^reason: (.*)$/m.exec(stderr)?.[1] ?? '';
  if (/shared library|\.dll|\.dylib/i.test(said)) return 'its libraries are not on this machine';
  if (/adapter/i.test(said)) return 'no graphics adapter that it can use was found';
  if (/out of memory|bad_alloc|failed to allocate/i.test(said)) return 'its memory does not suffice';
  return said.slice(0, 160) || 'it ended the process that it was tried in';
}
