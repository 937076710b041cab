import { existsSync } from 'node:fs';
import { at } from './folders.mjs';
import { SetupError, say } from './say.mjs';
import { hashOf, readStamp, writeStamp } from './stamp.mjs';

const sources = [
  'electron',
  'engine',
  'renderer',
  'build/vite.config.ts',
  'build/scripts/setup/bundle.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];
const outputs = [
  'dist/electron/main.cjs',
  'dist/electron/preload.cjs',
  'dist/engine/utility.cjs',
  'dist/engine/trainer.cjs',
  'dist/cli/merv.cjs',
  'dist/renderer/index.html',
];

/** Loaded from node_modules at run time: native code, or paths to a program. */
const external = ['electron', 'onnxruntime-node', 'libsql', 'ffmpeg-static'];

// Electron 22's utility process is Node 16: these globals exist there as modules only. Later Nodes skip all of it.
const missingGlobals = `
if (typeof globalThis.TransformStream === 'undefined') Object.assign(globalThis, require('node:stream/web'));
if (typeof globalThis.Blob === 'undefined') globalThis.Blob = require('node:buffer').Blob;
if (typeof globalThis.File === 'undefined') globalThis.File = class File extends globalThis.Blob {
  constructor(parts, name, options) { super(parts, options); this.name = name; }
};
if (typeof globalThis.FormData === 'undefined') globalThis.FormData = class FormData {};
`.trim();

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  format: 'cjs',
  absWorkingDir: at(),
  sourcemap: true,
  logLevel: 'warning',
  legalComments: 'none',
};

/** The bundles besides the page, as esbuild builds them. @type {readonly import('esbuild').BuildOptions[]} */
export const bundles = [
  {
    ...common,
    platform: 'node',
    target: 'node16',
    external,
    banner: { js: missingGlobals },
    entryPoints: {
      'dist/engine/utility': 'engine/doors/ipc.ts',
      'dist/engine/trainer': 'engine/doors/trainer.ts',
      'dist/cli/merv': 'engine/doors/cli/main.ts',
    },
    outdir: '.',
    outExtension: { '.js': '.cjs' },
  },
  {
    ...common,
    platform: 'node',
    target: 'node16',
    external,
    entryPoints: { 'dist/electron/main': 'electron/main/main.ts' },
    outdir: '.',
    outExtension: { '.js': '.cjs' },
  },
  {
    ...common,
    platform: 'browser',
    target: 'chrome108',
    external: ['electron'],
    sourcemap: false,
    entryPoints: { 'dist/electron/preload': 'electron/preload/preload.ts' },
    outdir: '.',
    outExtension: { '.js': '.cjs' },
  },
];

/** Builds everything into dist/, unless the sources are those of the last build. */
export async function ensureBuilt() {
  const stamp = hashOf(sources);
  if (readStamp('build') === stamp && outputs.every((path) => existsSync(at(path)))) return;
  say('building …');
  const [esbuild, vite] = await Promise.all([import('esbuild'), import('vite')]);
  try {
    await Promise.all([
      ...bundles.map((options) => esbuild.build(options)),
      vite.build({ configFile: at('build', 'vite.config.ts'), logLevel: 'warn' }),
    ]);
  } catch (error) {
    throw new SetupError(`The build failed: ${error instanceof Error ? error.message : error}`);
  } finally {
    await esbuild.stop();
  }
  writeStamp('build', stamp);
}
