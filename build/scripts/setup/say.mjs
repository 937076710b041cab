// Set-up talks on stderr only: stdout belongs to what was asked for (`npm start -- ask --json`).

/** @param {string} sentence */
export function say(sentence) {
  process.stderr.write(`merv: ${sentence}\n`);
}

/** A set-up failure that a person can act on: its message is the whole of what is shown. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}

/**
 * Ends the process on a failure: one sentence for what a person can act on, the stack for a bug.
 * @param {unknown} error
 * @returns {never}
 */
export function fail(error) {
  if (error instanceof SetupError) say(error.message);
  else console.error(error);
  process.exit(1);
}
