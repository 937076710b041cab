// npm run package: installers for this system into release/. npm run package -- --dir: the unpacked program only.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setUp } from './setup/all.mjs';
import { at } from './setup/folders.mjs';
import { exclusively } from './setup/lock.mjs';
import { ensureShippedNative } from './setup/native.mjs';
import { fail, SetupError, say } from './setup/say.mjs';

const wrong = process.argv.slice(2).find((argument) => argument !== '--dir');
if (wrong) fail(new SetupError(`Unknown argument ${wrong}; there is --dir.`));
const unpacked = process.argv.includes('--dir');

const electron = await setUp({ electron: true, model: false }).catch(fail);
if (!electron) fail(new SetupError('Electron is missing.'));
const native = await exclusively(ensureShippedNative).catch((/** @type {unknown} */ error) => {
  if (!(error instanceof SetupError)) throw error;
  say(`${error.message} The application is packed without training.`);
  return null;
});
const [{ build, Platform }, { configurationWith, output }] = await Promise.all([
  import('electron-builder'),
  import('../packaging/builder.mjs'),
]);

// The runtime that is there, whichever way it came: nothing is downloaded a second time.
const dist = process.platform === 'darwin' ? join(dirname(electron), '..', '..', '..') : dirname(electron);
const electronVersion = readFileSync(join(dist, 'version'), 'utf8').trim().replace(/^v/, '');
const made = await build({
  targets: Platform.current().createTarget(unpacked ? 'dir' : null),
  publish: 'never',
  config: { ...configurationWith(native), electronDist: dist, electronVersion },
}).catch(fail);
for (const file of made.length > 0 ? made : [at(output)]) say(`made ${file}`);
