import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Becomes another program as far as Node can: same terminal, signals passed on, its exit code ours.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function handOver(program, args, env = process.env) {
  const child = spawn(program, args, { stdio: 'inherit', env });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    // Ctrl-C reaches the whole group by itself; only signals sent to us alone need passing on.
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`merv: ${program} could not be started (${error.message}).\n`);
    process.exit(127);
  });
  child.on('close', (code, signal) => {
    process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0));
  });
}
