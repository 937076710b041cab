import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { madeBytes } from '../../support/fake-hub/repos.ts';
import { type Workplace, workplace } from './support/workplace.ts';

/** The Python that has huggingface_hub, where there is one: HF_PYTHON, or the one on the PATH. */
const python = process.env.HF_PYTHON ?? 'python3';
const present = spawnSync(python, ['-c', 'import huggingface_hub']).status === 0;

const repo = 'made/model';
const weights = madeBytes(2_000_000, 21);
let here: Workplace;
beforeEach(async () => {
  here = await workplace({
    repos: [{ id: repo, files: { 'a/config.json': Buffer.from('{}'), 'model.safetensors': weights } }],
  });
});
afterEach(() => here.close());

async function inPython(program: string, offline: boolean): Promise<string> {
  const { stdout } = await promisify(execFile)(python, ['-c', program], {
    env: {
      PATH: process.env.PATH,
      HF_ENDPOINT: here.fake.endpoint,
      HF_HUB_CACHE: here.cache,
      HF_HOME: here.folder,
      HF_HUB_OFFLINE: offline ? '1' : '0',
      HF_HUB_DISABLE_XET: '1',
      HF_HUB_DISABLE_TELEMETRY: '1',
    },
  });
  return stdout.trim();
}

describe.skipIf(!present)('huggingface_hub', () => {
  it('finds what was fetched here, and has nothing to say against it', async () => {
    const { commit, files } = await here.hub.listFiles(repo, null);
    await here.hub.download(repo, commit, files);
    const told = await inPython(
      `import json, huggingface_hub as h
print(json.dumps([h.snapshot_download('${repo}'), [str(w) for w in h.scan_cache_dir().warnings], h.scan_cache_dir().size_on_disk]))`,
      true,
    );
    const folder = join(here.cache, 'models--made--model', 'snapshots', commit);
    expect(JSON.parse(told)).toEqual([folder, [], weights.byteLength + 2]);
  });

  it('fetches what is found here, without another request', async () => {
    await inPython(`import huggingface_hub as h; h.snapshot_download('${repo}')`, false);
    here.settings.offline = true;
    const { commit, files } = await here.hub.listFiles(repo, null);
    const found = await here.hub.download(repo, commit, files);
    expect((await readFile(found.get('model.safetensors') ?? '')).equals(weights)).toBe(true);
    expect(await here.hub.cachedPath(repo, commit, 'a/config.json')).toBe(found.get('a/config.json'));
  });
});
