import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTensors } from '../../../engine/weights/open.ts';
import { pytorchBytes } from '../../../engine/weights/write-pytorch.ts';
import { type OutgoingTensor, safetensorsBytes } from '../../../engine/weights/write-safetensors.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merv-write-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const tensor = (
  name: string,
  type: 'F32' | 'BF16',
  shape: readonly number[],
  values: readonly number[],
): OutgoingTensor => ({
  name,
  type,
  shape,
  values: () => Float32Array.from(values),
});
/** Of an odd number of bytes, empty, scalar, negative, not finite. */
const given = [
  tensor('a', 'BF16', [3], [1.5, -2, 0]),
  tensor('b.weight', 'F32', [2, 3], [1, 2, 3, 4, 5, Number.NEGATIVE_INFINITY]),
  tensor('c', 'F32', [], [0.1]),
  tensor('d', 'F32', [0, 4], []),
];
const tree = {
  model: { module: { a: given[0]!, 'b.weight': given[1]! }, other: { c: given[2]! } },
  d: given[3]!,
};
const treeNames = ['model.module.a', 'model.module.b.weight', 'model.other.c', 'd'];

async function written(name: string, bytes: AsyncGenerator<Uint8Array>): Promise<string> {
  const path = join(scratch, name);
  await pipeline(Readable.from(bytes), createWriteStream(path));
  return path;
}

describe('writers of weights', () => {
  it.each([
    {
      kind: 'safetensors',
      names: given.map(({ name }) => name),
      bytes: () => safetensorsBytes(given, { format: 'pt' }),
    },
    { kind: 'PyTorch', names: treeNames, bytes: () => pytorchBytes(tree) },
  ])('$kind reads back as it was given', async ({ kind, names, bytes }) => {
    const source = await openTensors(await written(kind, bytes()));
    expect([...source.tensors.keys()].sort()).toEqual([...names].sort());
    for (const [i, name] of names.entries()) {
      expect(source.tensors.get(name)).toMatchObject({ type: given[i]!.type, shape: given[i]!.shape });
      expect(await source.read(name)).toEqual(await given[i]!.values());
    }
    await source.close();
  });

  it('rounds to bfloat16, to nearest even, and keeps what is not finite', async () => {
    // One part in 256 and 512 above one, and beyond the largest.
    const values = [1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -9, Number.NaN, Infinity, 3.4e38];
    const source = await openTensors(
      await written('rounded', safetensorsBytes([tensor('x', 'BF16', [6], values)])),
    );
    const read = [1, 1 + 2 ** -6, 1, Number.NaN, Infinity, Infinity];
    expect([...(await source.read('x'))]).toEqual(read);
    await source.close();
  });

  it('does not write a tensor whose values do not make its shape', async () => {
    const wrong = tensor('x', 'F32', [3], [1, 2]);
    await expect(written('wrong', safetensorsBytes([wrong]))).rejects.toThrow(/do not make/);
    await expect(written('wrong', pytorchBytes({ x: wrong }))).rejects.toThrow(/do not make/);
  });

  const python = fileURLToPath(new URL('../../../.cache/bench-venv/bin/python', import.meta.url));
  const peers = fileURLToPath(new URL('../../../build/bench/peers', import.meta.url));
  it.runIf(existsSync(python))(
    'is opened by PyTorch itself, where that is installed',
    { timeout: 60_000 },
    async () => {
      const path = await written('peer.pt', pytorchBytes(tree));
      const program = `
from cpu_torch import torch
import sys
tree = torch.load(sys.argv[1], weights_only=True)
b = tree["model"]["module"]["b.weight"]
print(b.dtype, list(b.shape), b.flatten().tolist(), tree["model"]["module"]["a"].float().tolist(), list(tree["d"].shape), tree["model"]["other"]["c"].item())`;
      const printed = execFileSync(python, ['-c', program, path], { cwd: peers, encoding: 'utf8' });
      expect(printed.trim()).toBe(
        'torch.float32 [2, 3] [1.0, 2.0, 3.0, 4.0, 5.0, -inf] [1.5, -2.0, 0.0] [0, 4] 0.10000000149011612',
      );
    },
  );
});
