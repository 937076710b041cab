import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { madeBytes } from '../../support/fake-hub/repos.ts';
import { workplace } from './support/workplace.ts';

const child = fileURLToPath(new URL('support/download-child.ts', import.meta.url));
const contents = {
  'config.json': Buffer.from('{}\n'),
  'one.safetensors': madeBytes(17_000_001, 11),
  'two.safetensors': madeBytes(7_000_000, 12),
};
const total = Object.values(contents).reduce((sum, { byteLength }) => sum + byteLength, 0);

/** Runs it until it has so many bytes, then kills it with a signal that it cannot see. */
async function killedAt(bytes: number, endpoint: string, folder: string): Promise<void> {
  const running = spawn(process.execPath, ['--import', 'tsx', child, endpoint, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.stdout.on('data', (text: Buffer) => {
    for (const line of text.toString().split('\n').filter(Boolean)) {
      if (Number(line) >= bytes) running.kill('SIGKILL');
    }
  });
  await once(running, 'close');
}

it('a download that is killed again and again ends byte for byte the same, with no orphans', {
  timeout: 60_000,
}, async () => {
  const here = await workplace({ repos: [{ id: 'made/model', files: contents }] });
  try {
    const random = Math.random();
    for (const share of [0.02, 0.1, 0.3 * random, 0.3 + 0.3 * random, 0.9])
      await killedAt(share * total, here.fake.endpoint, here.folder);
    const { commit, files } = await here.hub.listFiles('made/model', 'main');
    const found = await here.hub.download('made/model', commit, files);
    const received = here.activity.list().reduce((sum, { receivedBytes }) => sum + receivedBytes, 0);
    expect(received).toBeLessThan(0.7 * total);
    for (const [path, content] of Object.entries(contents))
      expect((await readFile(found.get(path) ?? '')).equals(content), path).toBe(true);
    const left = (await here.files()).filter((path) => !/\/(blobs|snapshots|refs|trees)\//.test(path));
    expect(left).toEqual(['CACHEDIR.TAG']);
    expect((await here.files()).filter((path) => /merv|partial/.test(path))).toEqual([]);
  } finally {
    await here.close();
  }
});
