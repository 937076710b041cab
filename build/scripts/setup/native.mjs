import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { aptAllowed, aptInstall } from './apt.mjs';
import { runCommand, which } from './command.mjs';
import { at, cache } from './folders.mjs';
import { ensureLibtorch, torchVersion } from './libtorch.mjs';
import { SetupError, say } from './say.mjs';
import { hashOf, readStamp, writeStamp } from './stamp.mjs';

const require = createRequire(at('package.json'));

/** Where the training addon lies when it is built. */
export const addonPath = join(cache, 'native', 'merv-torch.node');

/** Programs and the Debian packages that bring them. */
const tools = { cmake: 'cmake', ninja: 'ninja-build', 'g++': 'g++' };

/**
 * Builds the training addon (engine/native) where its sources or libtorch changed. The application works without it,
 * only training is absent then.
 * @returns {Promise<string>} the addon
 */
export async function ensureNative() {
  const wanted = `${hashOf(['engine/native/CMakeLists.txt', 'engine/native/src'])} ${torchVersion}`;
  if (readStamp('native') === wanted && existsSync(addonPath)) return addonPath;
  await ensureTools();
  const torch = await ensureLibtorch();
  say('building the training addon …');
  const folder = join(cache, 'native', 'build');
  await build(folder, torch, []);
  const part = `${addonPath}.part`;
  mkdirSync(dirname(addonPath), { recursive: true });
  rmSync(part, { force: true });
  linkSync(join(folder, 'merv-torch.node'), part);
  renameSync(part, addonPath);
  writeStamp('native', wanted);
  return addonPath;
}

/**
 * The addon as it is shipped: it looks for libtorch beside itself, and knows nothing of this machine.
 * @returns {Promise<string>} a folder with nothing else
 */
export async function ensureShippedNative() {
  await ensureNative();
  const built = join(cache, 'native', 'build');
  if (!existsSync(join(built, 'merv-torch.node'))) await build(built, await ensureLibtorch(), []);
  const folder = join(cache, 'native', 'shipped');
  rmSync(folder, { recursive: true, force: true });
  const args = ['--install', built, '--prefix', folder, '--strip'];
  const { code, output } = await runCommand('cmake', args);
  if (code !== 0) throw new SetupError(`cmake could not install the training addon:\n${output.trim()}`);
  return folder;
}

/** The addon with sanitizers, in a place of its own. @returns {Promise<string>} */
export async function buildSanitized() {
  await ensureTools();
  const folder = join(cache, 'native', 'build-sanitized');
  await build(folder, await ensureLibtorch(), ['-DSANITIZE=ON', '-DCMAKE_BUILD_TYPE=RelWithDebInfo']);
  return join(folder, 'merv-torch.node');
}

/** @param {string} folder @param {string} torch @param {readonly string[]} options */
async function build(folder, torch, options) {
  // node-addon-api gives its folder relative to the working directory.
  const addonApi = String(require('node-addon-api').include_dir);
  const nodeApi = String(require('node-api-headers').include_dir);
  const configure = [
    ...['-S', at('engine', 'native'), '-B', folder, '-G', 'Ninja'],
    ...[
      `-DTORCH_FOLDER=${torch}`,
      `-DNODE_ADDON_FOLDER=${resolve(addonApi)}`,
      `-DNODE_API_FOLDER=${nodeApi}`,
    ],
    ...options,
  ];
  for (const [program, args] of /** @type {const} */ ([
    ['cmake', configure],
    // One at a time: a file of these headers takes most of a gigabyte.
    ['ninja', ['-C', folder, '-j1']],
  ])) {
    const { code, output } = await runCommand(program, args);
    if (code !== 0) throw new SetupError(`${program} failed:\n${output.trim()}`);
  }
}

async function ensureTools() {
  const missing = () => Object.entries(tools).filter(([program]) => which(program) === null);
  if (missing().length > 0) await aptInstall(missing().map(([, name]) => name));
  const left = missing();
  if (left.length === 0) return;
  const names = left.map(([program]) => program).join(', ');
  const apt = aptAllowed() ? '' : ' (as root this is done for you on Debian and Ubuntu)';
  throw new SetupError(
    `The training addon needs ${names}. Install them, e.g. "apt-get install ${Object.values(tools).join(' ')}"${apt}.`,
  );
}
