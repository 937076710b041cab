import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../engine/contract/errors.ts';
import { openGguf } from '../../../engine/weights/gguf.ts';
import { withLlamaNames } from '../../../engine/weights/gguf-llama.ts';
import { openTensors } from '../../../engine/weights/open.ts';
import { stripPrefix } from '../../../engine/weights/rename.ts';
import type { TensorSource } from '../../../engine/weights/tensor-source.ts';
import {
  checkpoint,
  gguf,
  pickled,
  type Strided,
  safetensors,
  torchLegacy,
  torchZip,
  zip,
} from './containers.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weights-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let count = 0;
async function saved(bytes: Uint8Array, name = `file-${count++}`): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

async function contents(
  source: TensorSource,
): Promise<Record<string, { shape: number[]; values: number[] }>> {
  const all: Record<string, { shape: number[]; values: number[] }> = {};
  for (const [name, info] of source.tensors) {
    all[name] = { shape: [...info.shape], values: [...(await source.read(name))] };
  }
  await source.close();
  return all;
}

async function refusal(bytes: Uint8Array): Promise<{ code: ErrorCode; sentence: string }> {
  const path = await saved(bytes);
  const error: unknown = await openTensors(path).then(contents, (reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'ExpectedError', message: expect.stringContaining(path) });
  const { code, message } = error as { code: ErrorCode; message: string };
  return { code, sentence: message };
}

const floats = (values: readonly number[]): Uint8Array => new Uint8Array(new Float32Array(values).buffer);

describe('safetensors', () => {
  const tensors = [
    { name: 'a', shape: [2, 2], values: [1, 2, 3, 4] },
    { name: 'b', shape: [1], values: [5] },
  ];

  it('reads tensors by name', async () => {
    expect(await contents(await openTensors(await saved(safetensors(tensors))))).toEqual({
      a: { shape: [2, 2], values: [1, 2, 3, 4] },
      b: { shape: [1], values: [5] },
    });
  });

  it.each([0x80, 0x7b, 0x20])('is told apart where its header’s length begins with %i', async (low) => {
    const padded = safetensors(tensors, (header) => header.padEnd(256 + low));
    expect(Object.keys(await contents(await openTensors(await saved(padded))))).toEqual(['a', 'b']);
  });

  it.each([
    ['an overlap', (h: string) => h.replace('[16,20]', '[12,16]'), 'b overlaps'],
    ['an offset outside', (h: string) => h.replace('[16,20]', '[16,24]'), 'b lies outside'],
    ['a shape that does not fit', (h: string) => h.replace('[2,2]', '[2,3]'), 'a has 16 bytes'],
    ['a huge shape', (h: string) => h.replace('[2,2]', '[4294967296,4294967296]'), 'a are not whole'],
    ['a negative dimension', (h: string) => h.replace('[2,2]', '[-2,-2]'), 'a are not whole'],
    ['no JSON', (h: string) => h.slice(0, -1), 'not JSON'],
    ['a gap', (h: string) => h.replace('"b":', '"__metadata__":'), '4 bytes belong to no tensor'],
  ])('refuses %s by name', async (_what, edit, words) => {
    const { code, sentence } = await refusal(safetensors(tensors, edit));
    expect(code).toBe('file_corrupt');
    expect(sentence).toContain(words);
  });

  it('refuses a header longer than the file', async () => {
    const bytes = safetensors(tensors);
    bytes.writeBigUInt64LE(99_999_999n, 0);
    expect((await refusal(bytes)).code).toBe('file_corrupt');
  });
});

describe('sharded folders', () => {
  it('reads parts through the index and names a missing one', async () => {
    const shards = join(folder, 'sharded');
    await mkdir(shards);
    const map = { a: 'one.safetensors', b: 'two.safetensors' };
    await writeFile(join(shards, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    await writeFile(join(shards, 'one.safetensors'), safetensors([{ name: 'a', shape: [1], values: [1] }]));
    await expect(openTensors(shards)).rejects.toMatchObject({
      code: 'file_missing',
      message: expect.stringContaining('two.safetensors'),
    });
    await writeFile(join(shards, 'two.safetensors'), safetensors([{ name: 'b', shape: [1], values: [2] }]));
    expect(await contents(await openTensors(shards))).toMatchObject({
      a: { values: [1] },
      b: { values: [2] },
    });
  });

  it('never leaves the folder', async () => {
    const index = JSON.stringify({ weight_map: { a: '../file-0' } });
    expect(await refusal(Buffer.from(index))).toMatchObject({ code: 'file_corrupt' });
  });
});

describe('gguf', () => {
  it('dequantises every type as the reference does, bit for bit', async () => {
    const path = new URL('../../fixtures/gguf-blocks.json', import.meta.url);
    const { _made, ...cases } = JSON.parse(await readFile(path, 'utf8'));
    const numbers = { F16: 1, Q4_0: 2, Q4_1: 3, Q5_0: 6, Q5_1: 7, Q8_0: 8, Q4_K: 12, Q5_K: 13, Q6_K: 14 };
    expect(Object.keys(cases).sort()).toEqual(Object.keys(numbers).sort());
    const tensors = Object.entries(numbers).map(([name, type]) => ({
      name,
      type,
      shape: [Buffer.from(cases[name].float32, 'base64').length / 4],
      raw: Buffer.from(cases[name].raw, 'base64'),
    }));
    const source = await openTensors(await saved(gguf(new Map(), tensors)));
    for (const name of Object.keys(numbers)) {
      const values = await source.read(name);
      expect(Buffer.from(values.buffer).toString('base64'), name).toBe(cases[name].float32);
    }
    await source.close();
  });

  it('gives metadata, reversed shapes and brings q and k rows into order', async () => {
    // Two heads of four rows, one column: llama.cpp's order interleaves the halves of each head.
    const rows = [0, 2, 1, 3, 10, 12, 11, 13];
    const tensor = (name: string, shape: number[], values: number[]) => ({
      name,
      shape,
      type: 0,
      raw: floats(values),
    });
    const metadata = new Map<string, string | number | string[]>([
      ['general.architecture', 'llama'],
      ['llama.attention.head_count', 2],
      ['llama.attention.head_count_kv', 1],
      ['tokenizer.ggml.tokens', ['a', 'ü']],
    ]);
    const path = await saved(
      gguf(metadata, [
        tensor('blk.0.attn_q.weight', [8, 1], rows),
        tensor('blk.0.attn_k.weight', [4, 1], [0, 2, 1, 3]),
        tensor('token_embd.weight', [2, 3], [1, 2, 3, 4, 5, 6]),
      ]),
    );
    const source = await openGguf(path);
    expect(source.metadata.get('tokenizer.ggml.tokens')).toEqual(['a', 'ü']);
    expect(await contents(withLlamaNames(source, path))).toEqual({
      'model.layers.0.self_attn.q_proj.weight': { shape: [8, 1], values: [0, 1, 2, 3, 10, 11, 12, 13] },
      'model.layers.0.self_attn.k_proj.weight': { shape: [4, 1], values: [0, 1, 2, 3] },
      'model.embed_tokens.weight': { shape: [2, 3], values: [1, 2, 3, 4, 5, 6] },
    });
  });

  it('names a type it cannot read', async () => {
    const { code, sentence } = await refusal(
      gguf(new Map(), [{ name: 'w', shape: [256], type: 10, raw: Buffer.alloc(84) }]),
    );
    expect(code).toBe('file_unsupported');
    expect(sentence).toContain('w as Q2_K');
  });
});

describe('pytorch', () => {
  const storages = new Map([
    ['0', [1, 2, 3, 4, 5, 6]],
    ['1', [7]],
  ]);
  const whole: Strided = { name: 'w', key: '0', storageLength: 6, offset: 0, shape: [2, 3], strides: [3, 1] };
  const transposed: Strided = { ...whole, name: 'w.t', shape: [3, 2], strides: [1, 3] };
  const slice: Strided = { ...whole, name: 'tail', offset: 4, shape: [2], strides: [1] };
  const scalar: Strided = { name: 's', key: '1', storageLength: 1, offset: 0, shape: [], strides: [] };
  const tensors = [whole, transposed, slice, scalar];
  const expected = {
    'model.w': { shape: [2, 3], values: [1, 2, 3, 4, 5, 6] },
    'model.w.t': { shape: [3, 2], values: [1, 4, 2, 5, 3, 6] },
    'model.tail': { shape: [2], values: [5, 6] },
    'model.s': { shape: [], values: [7] },
  };

  it.each([
    ['a stored zip', torchZip(checkpoint(tensors), storages)],
    ['a deflated zip', torchZip(checkpoint(tensors), storages, { deflate: true })],
    ['a zip64', torchZip(checkpoint(tensors), storages, { zip64: true })],
    ['the form before 1.6', torchLegacy(checkpoint(tensors, true), storages)],
  ])('reads %s', async (_what, bytes) => {
    expect(await contents(await openTensors(await saved(bytes)))).toEqual(expected);
  });

  it('strips a prefix', async () => {
    const source = await openTensors(await saved(torchZip(checkpoint(tensors), storages)));
    expect(Object.keys(await contents(stripPrefix(source, 'model.')))).toEqual(['w', 'w.t', 'tail', 's']);
  });

  it.each(['posix.system', 'builtins.eval', 'argparse.Namespace', 'torch.load'])(
    'refuses %s by name',
    async (name) => {
      const dot = name.lastIndexOf('.');
      const target = pickled.global(name.slice(0, dot), name.slice(dot + 1));
      const attack = pickled.program(pickled.call(target, pickled.text('echo')));
      expect(await refusal(torchZip(attack, storages))).toMatchObject({
        code: 'file_unsupported',
        sentence: expect.stringContaining(name),
      });
    },
  );

  it.each([
    ['a tensor larger than its storage', { ...whole, shape: [3, 3] }],
    ['repeated elements that would fill the memory', { ...whole, shape: [99999, 99999], strides: [0, 0] }],
    ['a negative stride', { ...whole, strides: [-3, 1] }],
    ['a storage larger than the file', { ...whole, storageLength: 1 << 30, shape: [1 << 30], strides: [1] }],
    ['a missing storage', { ...whole, key: '../0' }],
  ])('refuses %s', async (_what, tensor) => {
    expect((await refusal(torchZip(checkpoint([tensor]), storages))).code).toBe('file_corrupt');
  });

  it('ends on a pickle that unfolds without end', async () => {
    // Fourteen lists, each holding the one before eight times.
    const twice = [0x68, 0];
    const wrap = [0x71, 0, 0x30, 0x5d, 0x28, ...Array(8).fill(twice).flat(), 0x65];
    const bomb = pickled.program(Buffer.from(']'), ...Array<Buffer>(14).fill(Buffer.from(wrap)));
    expect((await refusal(torchZip(bomb, storages))).code).toBe('file_corrupt');
  });

  it('does not inflate a bomb', async () => {
    const bomb = Buffer.alloc(80 << 20);
    const bytes = zip([{ name: 'archive/data.pkl', data: bomb, deflate: true }]);
    expect((await refusal(bytes)).code).toBe('file_corrupt');
  });
});

describe('openTensors', () => {
  it.each([
    ['nothing there', 'missing', 'file_missing'],
    ['an empty folder', 'empty', 'file_missing'],
  ])('reports %s', async (_what, name, code) => {
    if (name === 'empty') await mkdir(join(folder, name));
    await expect(openTensors(join(folder, name))).rejects.toMatchObject({ code });
  });

  it('says that a Git LFS pointer is one', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n';
    expect((await refusal(Buffer.from(pointer))).sentence).toContain('Git LFS pointer');
  });

  it('refuses what it does not know', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('<html>'), Buffer.alloc(64)]) {
      expect((await refusal(bytes)).code).toBe('file_unsupported');
    }
  });
});
