import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ExpectedError } from '../../../engine/contract/errors.ts';
import { loadTorch } from '../../../engine/native/load.ts';
import type { Tensor } from '../../../engine/native/tensor.ts';
import { TensorError } from '../../../engine/native/tensor-error.ts';
import { addonFile, describeTorch } from './addon.ts';

function failure(body: () => unknown): TensorError {
  try {
    body();
  } catch (error) {
    if (error instanceof TensorError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describeTorch('tensors', (torch) => {
  const floats = (shape: readonly number[], value = 1) =>
    torch.from(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value), shape);
  /** Everything made in a test is released with it. */
  const scoped = (body: () => void) => () => {
    const before = torch.live();
    torch.scope(body);
    expect(torch.live()).toBe(before);
  };

  it(
    'carries values there and back, also the odd ones',
    scoped(() => {
      const values = Float32Array.of(0, -0, 1.5, Number.NaN, -Infinity, 3e38);
      expect(torch.read(torch.from(values, [2, 3]))).toEqual(values);
      const view = new Float32Array(values.buffer, 8, 2);
      expect([...torch.read(torch.from(view, [2]))].slice(0, 1)).toEqual([1.5]);
      const ids = torch.from(BigInt64Array.of(-1n, 2n ** 40n), [2]);
      expect(ids.dtype).toBe('int64');
      expect(torch.read(ids)).toEqual(Float32Array.of(-1, 2 ** 40));
      expect(torch.read(torch.from(new Float32Array(0), [0, 4])).length).toBe(0);
    }),
  );

  it(
    'says of a shape that does not fit: which operation, which shapes and types, and goes on',
    scoped(() => {
      const error = failure(() => torch.matmul(floats([2, 3]), floats([4, 5])));
      expect(error).toMatchObject({
        kind: 'torch',
        op: 'matmul',
        given: ['float32 [2, 3]', 'float32 [4, 5]'],
      });
      expect(error.message).toMatch(/^matmul\(float32 \[2, 3\], float32 \[4, 5\]\): .*cannot be multiplied/);
      expect(torch.item(torch.sum(floats([2, 2]), [0, 1], false))).toBe(4);
    }),
  );

  it(
    'refuses wrong arguments before libtorch sees them',
    scoped(() => {
      const x = floats([2, 2]);
      for (const wrong of [
        () => torch.add(x, 1 as unknown as Tensor),
        () => torch.add(x, undefined as unknown as Tensor),
        () => torch.reshape(x, [1.5]),
        () => torch.reshape(x, [Number.NaN]),
        () => torch.scale(x, Number.POSITIVE_INFINITY),
        () => torch.gelu(x, 'fast' as 'tanh'),
        () => torch.cast(x, 'complex64' as 'float32'),
        () => torch.cat([x, null as unknown as Tensor], 0),
        () => (torch.softmax as (...given: unknown[]) => Tensor)(x),
        () => torch.from(Float32Array.of(1), [2]),
        () => torch.from(Float32Array.of(1), [-1]),
      ]) {
        expect(failure(wrong).kind).toBe('argument');
      }
    }),
  );

  it.each([
    ['an axis that is not there', () => torch.softmax(floats([2]), 7)],
    ['an id beyond the table', () => torch.embedding(floats([3, 2]), torch.from(Int32Array.of(3), [1]))],
    ['a negative id', () => torch.embedding(floats([3, 2]), torch.from(Int32Array.of(-1), [1]))],
    [
      'a target beyond the classes',
      () => torch.crossEntropy(floats([1, 3]), torch.from(BigInt64Array.of(9n), [1]), null, 2, -100),
    ],
    ['floats for ids', () => torch.embedding(floats([3, 2]), floats([1]))],
    [
      'heads that differ',
      () =>
        torch.attention(
          floats([1, 2, 3, 4]),
          floats([1, 2, 3, 5]),
          floats([1, 2, 3, 4]),
          null,
          0,
          true,
          null,
          false,
        ),
    ],
    [
      'a kernel larger than the picture',
      () =>
        torch.convolution(
          floats([1, 1, 2, 2]),
          floats([1, 1, 3, 3]),
          null,
          [1, 1],
          [0, 0],
          [1, 1],
          false,
          [0, 0],
          1,
        ),
    ],
    [
      'a stride of zero',
      () =>
        torch.convolution(
          floats([1, 1, 2, 2]),
          floats([1, 1, 1, 1]),
          null,
          [0, 0],
          [0, 0],
          [1, 1],
          false,
          [0, 0],
          1,
        ),
    ],
    ['a slice of more values than there are', () => torch.topk(floats([2]), 5, -1)],
    ['parts that do not add up', () => torch.splitSizes(floats([4]), [1, 1], 0)],
    [
      'lists of different lengths',
      () => torch.adamW([floats([1])], [], [], [], [], [], 0, 0.9, 0.9, 0, 1e-8, false, false),
    ],
    ['a device that is not here', () => torch.toDevice(floats([1]), 'cuda:0', 'float32')],
    ['a device that does not exist', () => torch.toDevice(floats([1]), 'abacus', 'float32')],
    ['a gradient of something that has none', () => torch.backward([floats([1])])],
  ])('answers %s with an error, not with the end of the process', (_, body) => {
    torch.scope(() => expect(failure(body).kind).toBe('torch'));
  });

  it(
    'tells a lack of memory from a mistake',
    scoped(() => {
      const error = failure(
        () => torch.expand(floats([1]), [2 ** 45]) && torch.contiguous(torch.expand(floats([1]), [2 ** 45])),
      );
      expect(error.kind).toBe('memory');
    }),
  );

  it('releases at the end of a scope all but what is returned, and knows a tensor that is gone', () => {
    const before = torch.live();
    let inner: Tensor | undefined;
    const kept = torch.scope(() => {
      inner = floats([2]);
      const { y } = torch.scope(() => ({ y: torch.add(inner!, floats([2], 2)), unused: 1 }));
      return [y];
    });
    expect(torch.live()).toBe(before + 1);
    expect([...torch.read(kept[0]!)]).toEqual([3, 3]);
    const error = failure(() => torch.add(inner!, kept[0]!));
    expect(error).toMatchObject({ kind: 'torch', given: ['released', 'float32 [2]'] });
    torch.release(kept);
    torch.release(kept);
    expect(torch.live()).toBe(before);
    // Its place is taken again; the old tensor must not show what is there now.
    const next = floats([5]);
    expect(failure(() => torch.sigmoid(kept[0]!)).kind).toBe('torch');
    torch.release([next]);
  });

  it('releases what a scope that throws had made', () => {
    const before = torch.live();
    expect(() =>
      torch.scope(() => {
        torch.scope(() => floats([3]));
        throw new RangeError('stop');
      }),
    ).toThrow(RangeError);
    expect(torch.live()).toBe(before);
  });

  it(
    'differentiates, and not where it is told not to',
    scoped(() => {
      const x = torch.from(Float32Array.of(1, 2, 3), [3]);
      torch.requireGrad(x, true);
      const y = torch.sum(torch.mul(x, x), [0], false);
      torch.backward([y]);
      expect([...torch.read(torch.grad(x)!)]).toEqual([2, 4, 6]);
      torch.clearGrads([x]);
      expect(torch.grad(x)).toBeNull();
      expect(torch.requiresGrad(torch.noGrad(() => torch.sigmoid(x)))).toBe(false);
      expect(() => torch.noGrad(() => torch.sigmoid(7 as unknown as Tensor))).toThrow(TensorError);
      expect(torch.requiresGrad(torch.sigmoid(x))).toBe(true);
    }),
  );

  // A sanitizer keeps what is freed.
  it.skipIf(process.env.ASAN_OPTIONS)(
    'holds the same memory after a thousand steps as after two hundred',
    { timeout: 60_000 },
    () => {
      const [rows, width] = [64, 128];
      const weight = floats([width, width], 0.01);
      const input = floats([rows, width]);
      torch.requireGrad(weight, true);
      const step = () =>
        torch.scope(() => {
          let x = input;
          for (let layer = 0; layer < 4; layer++)
            x = torch.scope(() => torch.silu(torch.linear(x, weight, null)));
          torch.backward([torch.mean(x, [0, 1], false)]);
          torch.clearGrads([weight]);
        });
      /** Of libtorch: JavaScript's own comes and goes with its garbage collector. */
      const run = (steps: number) => {
        for (let i = 0; i < steps; i++) step();
        const { rss, heapTotal, external } = process.memoryUsage();
        return rss - heapTotal - external;
      };
      const live = torch.live();
      const warm = run(200);
      const after = run(800);
      expect(torch.live()).toBe(live);
      // One leaked activation a step would be 26 MB.
      expect((after - warm) / 2 ** 20).toBeLessThan(8);
      torch.release([weight, input]);
    },
  );

  const program = (body: string) => `
    const { Worker } = require('node:worker_threads');
    const open = () => {
      const holder = { exports: {} };
      process.dlopen(holder, ${JSON.stringify(addonFile)}, ${2});
      const addon = holder.exports;
      const x = addon.fromBytes(new Uint8Array(4 * 512 * 512), 'float32', [512, 512]);
      const product = addon.operator('aten::matmul', '');
      return { addon, x, work: () => addon.call(product, x, x) };
    };
    ${body}`;
  it.each([
    ['its natural end', 'open().work();', 0],
    [
      'process.exit in the middle',
      'const { work } = open(); work(); setInterval(work, 1); setTimeout(() => process.exit(0), 50);',
      0,
    ],
    ['an uncaught error', 'open().work(); throw new Error();', 1],
    [
      'two workers that share nothing',
      `const source = 'const open = ' + open.toString() + '; open().work();';
       open().work();
       for (let i = 0; i < 2; i++) new Worker(source, { eval: true });`,
      0,
    ],
  ])('ends cleanly: %s', (_, body, code) => {
    const ended = spawnSync(process.execPath, ['-e', program(body)], { encoding: 'utf8' });
    expect({ code: ended.status, signal: ended.signal }).toEqual({ code, signal: null });
  });
});

describe('loader', () => {
  const attempt = (candidates: readonly string[]): ExpectedError => {
    try {
      loadTorch({ candidates, cuda: null });
    } catch (error) {
      if (error instanceof ExpectedError) return error;
      throw error;
    }
    throw new Error('it was loaded');
  };

  it('names every place it looked at, and what to do', () => {
    const folder = mkdtempSync(join(tmpdir(), 'merv-addon-'));
    const broken = join(folder, 'broken.node');
    writeFileSync(broken, 'not a library');
    const error = attempt([broken, join(folder, 'missing.node')]);
    expect(error.code).toBe('training_unavailable');
    expect(error.message).toContain(broken);
    expect(error.message).toContain('missing.node');
    expect(error.remedy).toMatch(/npm run native/);
    rmSync(folder, { recursive: true });
  });
});

describeTorch('loader, with the addon', () => {
  it('goes on to the next place, and says when the GPU’s library cannot be opened', () => {
    const { torch, path, attempts } = loadTorch({
      candidates: ['/nowhere/merv-torch.node', addonFile],
      cuda: '/nowhere/libtorch_cuda.so',
    });
    expect(path).toBe(addonFile);
    expect(attempts.map((tried) => tried.path)).toEqual([
      '/nowhere/merv-torch.node',
      '/nowhere/libtorch_cuda.so',
    ]);
    expect(attempts[1]!.remedy).toMatch(/CPU/);
    expect(torch.version).toMatch(/^\d+\.\d+/);
  });
});
