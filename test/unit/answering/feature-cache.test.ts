import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FeatureCache, type FeatureKey } from '../../../engine/answering/feature-cache.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'merv-features-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const key: FeatureKey = { fingerprint: 'video', indexes: [0, 5], encoder: 'siglip:fp32' };
const features = Float32Array.of(1, -2.5, 3e-8, 4);

describe('feature cache', () => {
  it('gives back what was kept, under exactly that key', async () => {
    const cache = new FeatureCache(folder);
    await cache.write(key, features);
    expect(await cache.read(key, 4)).toEqual(features);
    expect(await cache.has(key, 4)).toBe(true);
    for (const other of [{ fingerprint: 'x' }, { indexes: [0, 6] }, { encoder: 'siglip:int8' }]) {
      expect(await cache.read({ ...key, ...other }, 4)).toBeNull();
    }
    expect(await cache.read(key, 5)).toBeNull();
  });

  it('takes a damaged or cut file for absent and removes it', async () => {
    const cache = new FeatureCache(folder);
    for (const damage of [
      (bytes: Buffer) => {
        bytes[3]! ^= 1;
        return bytes;
      },
      (bytes: Buffer) => bytes.subarray(0, bytes.length - 1),
      () => Buffer.alloc(0),
    ]) {
      await cache.write(key, features);
      const [name] = await readdir(folder);
      await writeFile(join(folder, name!), damage(await readFile(join(folder, name!))));
      expect(await cache.read(key, 4)).toBeNull();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('does not read a file of another length, however long, nor a folder of that name', async () => {
    const cache = new FeatureCache(folder);
    await cache.write(key, features);
    const [name] = await readdir(folder);
    await truncate(join(folder, name!), 2 ** 40);
    expect(await cache.read(key, 4)).toBeNull();
    expect(await readdir(folder)).toEqual([]);
    await mkdir(join(folder, name!, 'inner'), { recursive: true });
    expect(await cache.read(key, 4)).toBeNull();
    await cache.write(key, features);
    expect(await cache.read(key, 4)).toEqual(features);
  });

  it('does without when the folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const cache = new FeatureCache(join(folder, 'file', 'below'));
    await cache.write(key, features);
    expect(await cache.read(key, 4)).toBeNull();
  });
});
