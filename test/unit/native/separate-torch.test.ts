import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { libtorchVersion } from '../../../engine/hub/libtorch/version.ts';
import { loadTorch, type SeparateTorch } from '../../../engine/native/load.ts';
import { addonFile } from './addon.ts';

/** Where set-up has put libtorch: links to it are as good as a libtorch that was fetched. */
const built = join(dirname(addonFile), `libtorch-${libtorchVersion}`);
const names = ['torch/lib/libc10.so', 'torch/lib/libgomp.so.1', 'torch/lib/libtorch_cpu.so'];
const nvidia = ['nvidia/cu13/lib/libcudart.so.13', 'nvidia/cu13/lib/libcupti.so.13'];
const hasBuilt =
  existsSync(addonFile) && [...names, ...nvidia].every((name) => existsSync(join(built, name)));

describe.skipIf(!hasBuilt)('loader, with libtorch elsewhere', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(dirname(addonFile), 'fetched '));
    for (const name of [...names, ...nvidia]) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      linkSync(join(built, name), join(folder, name));
    }
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const place = (change: Partial<SeparateTorch> = {}): SeparateTorch => ({
    addon: addonFile,
    folder,
    libraries: join(folder, 'torch', 'lib'),
    files: names.map((path) => ({ path, bytes: statSync(join(built, path)).size })),
    cuda: null,
    ...change,
  });

  it('takes the libraries beside its copy of the addon, and no others', () => {
    const old = join(folder, 'torch', 'lib', `${basename(addonFile, '.node')}-0123456789ab.node`);
    writeFileSync(old, 'of an earlier version');
    const program = `
      import { loadTorch } from './engine/native/load.ts';
      import { readFileSync } from 'node:fs';
      const { torch, path } = loadTorch({ candidates: [${JSON.stringify(place())}], cuda: null });
      const mapped = readFileSync('/proc/self/maps', 'utf8').split('\\n').filter((line) => line.includes('libtorch_cpu'));
      const from = [...new Set(mapped.map((line) => line.slice(line.indexOf('/'))))];
      console.log(JSON.stringify({ path, from, version: torch.version }));`;
    const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect(JSON.parse(child.stdout || child.stderr)).toEqual({
      path: folder,
      from: [join(folder, 'torch', 'lib', 'libtorch_cpu.so')],
      version: expect.stringContaining(libtorchVersion),
    });
    expect(existsSync(old)).toBe(false);
  });

  it('passes one that is damaged, and says which file', () => {
    const damaged = place({ files: [{ path: 'torch/lib/libc10.so', bytes: 3 }] });
    const gone = place({ files: [{ path: 'torch/lib/libmkl.so', bytes: 3 }] });
    const { path, attempts } = loadTorch({ candidates: [damaged, gone, addonFile], cuda: null });
    expect(path).toBe(addonFile);
    expect(attempts.map(({ problem }) => problem)).toEqual([
      expect.stringMatching(/^torch\/lib\/libc10\.so has \d+ bytes, not 3$/),
      'torch/lib/libmkl.so is missing',
    ]);
    expect(attempts[0]?.remedy).toContain('merv libtorch install');
  });
});
