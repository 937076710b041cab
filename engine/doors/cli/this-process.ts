import type { StartOptions } from '../start-engine.ts';
import { run } from './run.ts';
import type { Terminal } from './terminal.ts';

/** Runs the command line with this process's arguments, streams and signals, and exits. */
export function runInThisProcess(answererFor?: StartOptions['answererFor']): void {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // The second Ctrl-C means it.
      if (stop.signal.aborted) process.exit(130);
      stop.abort();
    });
  }
  // `merv ask … | head`: whoever read has gone, so nobody waits for the rest.
  process.stdout.on('error', () => stop.abort());

  const terminal: Terminal = {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    async input() {
      let text = '';
      for await (const piece of process.stdin.setEncoding('utf8')) text += piece;
      return text;
    },
    interactive: process.stderr.isTTY === true,
    signal: stop.signal,
  };

  run(process.argv.slice(2), terminal, answererFor)
    .catch((error: unknown) => {
      console.error('Bug in merv:', error);
      return 1;
    })
    .then((code) => {
      // Writes to a pipe are still under way: exit after them, and not before.
      process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
    });
}
