import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { FeatureCache, type FeatureKey } from '../../../engine/answering/feature-cache.ts';
import { trainConfigSchema } from '../../../engine/contract/training.ts';
import { type KeptExample, writeExamples } from '../../../engine/runs/examples.ts';
import { limitFeatures } from '../../../engine/runs/limit-features.ts';
import { createRun, readState, runFile, writeState } from '../../../engine/runs/run-folder.ts';
import { namesIn } from '../../../engine/store/names-in.ts';

const length = 100;
const bytes = 4 * length + 32;

it('keeps the features that a run counts on which is not done, and of others those used last', async () => {
  const home = mkdtempSync(join(tmpdir(), 'merv-features-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const features = join(home, 'features');
  const cache = new FeatureCache(features, Number.POSITIVE_INFINITY);
  const key = (name: string): FeatureKey => ({ fingerprint: name, indexes: [1], encoder: 'eye' });
  // The oldest first; `paused` is older than what may go.
  const names = ['paused', 'done, old', 'nobody', 'done, new'];
  for (const [age, name] of names.entries()) {
    const before = new Set(namesIn(features));
    await cache.write(key(name), new Float32Array(length));
    const [made] = namesIn(features).filter((file) => !before.has(file));
    await utimes(join(features, made!), 1000 + age, 1000 + age);
  }
  const runs = join(home, 'runs');
  const run = async (name: string, state: 'paused' | 'done', counted: readonly string[]) => {
    const folder = join(runs, name);
    mkdirSync(folder, { recursive: true });
    const data = { file: 'rows.json', media: 'videos' };
    createRun(folder, trainConfigSchema.parse({ name, modelId: 'm', data, recipe: 'align' }), null);
    writeState(folder, { ...readState(folder), state });
    const example = (each: string): KeptExample => ({
      ...{
        row: 0,
        id: each,
        media: each,
        clip: null,
        ids: [1],
        labels: [1],
        words: 1,
        question: '',
        wanted: '',
      },
      features: [{ key: { ...key(each), indexes: [1] }, length }],
    });
    await writeExamples(runFile(folder, 'examples'), counted.map(example));
  };
  await run('one', 'paused', ['paused']);
  await run('other', 'done', ['done, old', 'done, new']);

  const left = async () => {
    const there = await Promise.all(names.map((name) => cache.has(key(name), length)));
    return names.filter((_, i) => there[i]);
  };
  await limitFeatures(cache, runs, 4 * bytes);
  expect(await left()).toEqual(names);
  await limitFeatures(cache, runs, 2 * bytes);
  expect(await left()).toEqual(['paused', 'done, new']);
  await limitFeatures(cache, runs, 0);
  expect(await left()).toEqual(['paused']);
});
