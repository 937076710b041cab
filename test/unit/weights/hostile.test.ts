import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTensors } from '../../../engine/weights/open.ts';
import { checkpoint, gguf, type Strided, safetensors, torchLegacy, torchZip } from './containers.ts';

/** Mutations of each container; MERV_MUTATIONS sets another number. */
const mutations = Number(process.env.MERV_MUTATIONS ?? 400);
const longestMs = 2000;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Mulberry32: the same mutations every time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const nastyNumbers = [
  0n,
  1n,
  0x7fffffffn,
  0xffffffffn,
  0x7fffffffffffffffn,
  0xffffffffffffffffn,
  1n << 33n,
  255n,
];

/** One to four changes: a byte, a bit, a number, a cut, bytes put in, bytes taken out, a stretch repeated. */
function mutate(original: Buffer, random: () => number): Buffer {
  let bytes = Buffer.from(original);
  const below = (limit: number): number => Math.floor(random() * limit);
  for (let change = 1 + below(4); change > 0; change--) {
    const at = below(random() < 0.7 ? Math.min(bytes.length, 400) : bytes.length);
    switch (below(7)) {
      case 0:
        bytes[at] = below(256);
        break;
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
        break;
      case 2:
        if (at + 8 <= bytes.length) bytes.writeBigUInt64LE(nastyNumbers[below(nastyNumbers.length)]!, at);
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.alloc(1 + below(16), below(256)),
          bytes.subarray(at),
        ]);
        break;
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(16))]);
        break;
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - below(64)))]);
    }
  }
  return bytes;
}

const values = Array.from({ length: 64 }, (_, i) => i);
const strided: Strided = {
  name: 'w',
  key: '0',
  storageLength: 64,
  offset: 0,
  shape: [8, 8],
  strides: [1, 8],
};
const storages = new Map([['0', values]]);
const metadata = new Map<string, string | number | readonly string[]>([
  ['general.architecture', 'llama'],
  ['tokenizer.ggml.tokens', ['a', 'b', 'c']],
  ['llama.block_count', 2],
]);

const originals = {
  safetensors: safetensors([
    { name: 'a', shape: [8, 4], values: values.slice(0, 32) },
    { name: 'b', shape: [32], values: values.slice(32) },
  ]),
  gguf: gguf(metadata, [
    { name: 'a', shape: [8, 8], type: 0, raw: new Uint8Array(256) },
    { name: 'b', shape: [2, 256], type: 14, raw: new Uint8Array(420) },
  ]),
  'PyTorch zip': torchZip(checkpoint([strided]), storages),
  'deflated PyTorch zip': torchZip(checkpoint([strided]), storages, { deflate: true, zip64: true }),
  'PyTorch before 1.6': torchLegacy(checkpoint([strided], true), storages),
  index: Buffer.from(JSON.stringify({ weight_map: { a: 'one.safetensors', b: 'two.safetensors' } })),
};

async function readAll(path: string): Promise<void> {
  const source = await openTensors(path);
  try {
    for (const tensor of source.tensors.keys()) await source.read(tensor);
  } finally {
    await source.close();
  }
}

it.each(Object.entries(originals))(
  '%s: a damaged file is an expected error, soon',
  async (name, original) => {
    const random = seeded(name.length * 7919);
    const path = join(folder, 'file');
    let refused = 0;
    for (let i = 0; i < mutations; i++) {
      await writeFile(path, mutate(original, random));
      const before = performance.now();
      try {
        await readAll(path);
      } catch (error) {
        expect(error, `mutation ${i}`).toMatchObject({ name: 'ExpectedError' });
        refused++;
      }
      expect(performance.now() - before, `mutation ${i}`).toBeLessThan(longestMs);
    }
    expect(refused).toBeGreaterThan(mutations / 4);
    // Sizes claimed by a header never become memory: the whole run stays far below one such claim.
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(512 << 20);
  },
  120_000,
);
