import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { at } from './folders.mjs';
import { SetupError, say } from './say.mjs';
import { hashOf, readStamp, writeStamp } from './stamp.mjs';

/** What the model's place and form depend on: the program that builds it and where it keeps its data. */
function recipe() {
  const { MERV_HOME, XDG_DATA_HOME, APPDATA } = process.env;
  const place = JSON.stringify([MERV_HOME, XDG_DATA_HOME, APPDATA, homedir()]);
  return createHash('sha256')
    .update(`${readStamp('build')}\n${hashOf(['resources'])}\n${place}`)
    .digest('hex');
}

/**
 * Assembles the starter model where it is not there yet. The program knows what is missing and checks every file,
 * so it is asked once for each build and data folder; from then on the model's manifest says that it is whole.
 */
export async function ensureModel() {
  const wanted = recipe();
  const [made, folder] = (readStamp('model') ?? '').split('\n');
  if (made === wanted && folder && existsSync(join(folder, 'bundle.json'))) return;
  say('making the starter model ready …');
  const { code, output } = await askProgram();
  const where = output.trim().split('\n').at(-1);
  if (code !== 0 || !where)
    throw new SetupError('The starter model could not be assembled (the reason stands above).');
  writeStamp('model', `${wanted}\n${where}`);
}

/** @returns {Promise<{ code: number, output: string }>} */
function askProgram() {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(process.execPath, [at('dist', 'cli', 'merv.cjs'), 'setup'], {
      stdio: ['ignore', 'pipe', 2],
    });
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', () => resolve({ code: 127, output }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
