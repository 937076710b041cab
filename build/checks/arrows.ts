import { posix } from 'node:path';
import { type Import, importsOf } from './imports.ts';

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** The engine's tiers, top first: a folder may import from tiers below its own, never sideways or up. */
const tiers: readonly (readonly string[])[] = [
  ['doors'],
  ['services'],
  ['runs'],
  ['answering', 'hub', 'training'],
  ['models', 'video', 'text', 'weights', 'runtime', 'store'],
  ['nn'],
  ['native'],
];

/** The one step sideways that is allowed: a model file names the tensors it reads. */
const sideways: ReadonlySet<string> = new Set(['models weights']);

/** Packages that one part of the repository alone may import. */
const packageOwners: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'engine/runtime/',
  libsql: 'engine/store/',
  electron: 'electron/',
};

/** Names of Electron's that one file alone may take: everybody else goes through that file's checks. */
const nameOwners: Readonly<Record<string, string>> = {
  ipcMain: 'electron/main/ipc.ts',
  ipcRenderer: 'electron/preload/preload.ts',
};

const tierOf = (folder: string) => tiers.findIndex((tier) => tier.includes(folder));

/** 'engine/store', 'renderer', 'electron', 'build', …: what the rules speak of. */
function areaOf(path: string): string {
  const [top = '', folder = ''] = path.split('/');
  return top === 'engine' ? `engine/${folder}` : top;
}

/** Why `from` may not import `to`, both paths in the repository; null where it may. */
function forbiddenPath(from: string, to: string): string | null {
  const [source, target] = [areaOf(from), areaOf(to)];
  if (source === target || source === 'test' || source === 'build') return null;
  if (to === 'package.json') return null;
  if (target === 'test' || target === 'build') return `the program must not need ${target}/`;
  if (source === 'engine/contract') return 'the contract imports nothing of the program';
  if (target === 'engine/contract') return null;
  if (source === 'renderer') return 'the renderer knows the engine by engine/contract only';
  if (source === 'electron') return 'the shell knows the engine by engine/contract only';
  if (target === 'renderer' || target === 'electron') return 'the engine knows no interface';
  return forbiddenFolder(source.slice('engine/'.length), target.slice('engine/'.length));
}

function forbiddenFolder(source: string, target: string): string | null {
  const [above, below] = [tierOf(source), tierOf(target)];
  if (above < 0) return `engine/${source} has no tier: name it in build/checks/arrows.ts`;
  if (below < 0) return `engine/${target} has no tier: name it in build/checks/arrows.ts`;
  if (below > above || sideways.has(`${source} ${target}`)) return null;
  return `engine/${source} may import from below only (${tiers.map((tier) => tier.join(', ')).join(' → ')})`;
}

function forbiddenPackage(from: string, { specifier, names }: Import): string | null {
  if (from.startsWith('test/') || from.startsWith('build/')) return null;
  if (from.startsWith('renderer/') && specifier.startsWith('node:')) return 'the renderer has no Node';
  const owner = packageOwners[specifier];
  if (owner !== undefined && !from.startsWith(owner)) return `only ${owner} imports ${specifier}`;
  const taken = names.find(
    (name) => specifier === 'electron' && nameOwners[name] && nameOwners[name] !== from,
  );
  return taken === undefined ? null : `only ${nameOwners[taken]} uses ${taken}`;
}

/** Every import that breaks a rule of the folders, as a sentence with file and line. */
export function wrongArrows(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) =>
    importsOf(path, text).flatMap((found) => {
      const relative = found.specifier.startsWith('.');
      const why = relative
        ? forbiddenPath(path, posix.join(posix.dirname(path), found.specifier))
        : forbiddenPackage(path, found);
      return why === null ? [] : [`${path}:${found.line}: imports ${found.specifier}: ${why}.`];
    }),
  );
}
