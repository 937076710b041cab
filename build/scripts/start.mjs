// npm start: from a fresh clone to the open window; without a display, to the served interface.
// npm start -- ask|models|train|serve|doctor …: the command line. npm start -- FILE: the window with that file.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setUp } from './setup/all.mjs';
import { hasDisplay, sandboxFlags } from './setup/display.mjs';
import { at, root } from './setup/folders.mjs';
import { handOver } from './setup/hand-over.mjs';
import { exclusively } from './setup/lock.mjs';
import { ensureNative } from './setup/native.mjs';
import { fail, SetupError, say } from './setup/say.mjs';

const args = process.argv.slice(2);
const first = args[0];
const file = first !== undefined && !first.startsWith('-') && existsSync(first) ? resolve(first) : null;
const serve = args.includes('--serve');
const window = !serve && (first === undefined || file !== null);
const cli = at('dist', 'cli', 'merv.cjs');

/** What the command line is asked: `--serve` is short for its `serve`. @returns {string[]} */
function command() {
  if (serve) return ['serve', ...args.filter((argument) => argument !== '--serve')];
  return window ? ['serve'] : args;
}

/** `doctor` must speak up where set-up fails, so it gets as far as it can. */
async function prepare() {
  const electron = window && hasDisplay();
  try {
    const program = await setUp({ electron, model: first !== 'doctor' });
    // Training alone needs it, and it takes a while where it has to be built.
    if (first === 'train') process.env.MERV_NATIVE ??= await exclusively(ensureNative);
    return program;
  } catch (error) {
    if (!(error instanceof SetupError) || first !== 'doctor' || !existsSync(cli)) throw error;
    say(error.message);
    return null;
  }
}

const electron = await prepare().catch(fail);
if (electron) handOver(electron, [...sandboxFlags(), root, ...(file ? [file] : [])]);
else {
  if (window) say('there is no display here: serving the same interface to a browser instead.');
  handOver(process.execPath, [cli, ...command()]);
}
