import { expect, it } from 'vitest';
import { KeyValueCache } from '../../../engine/runtime/kv-cache.ts';

const shape = { layers: 1, kvHeads: 2, headDim: 2 };

/** New rows of `count` tokens from number `first` on: each value says which of keys and values, head and token it is. */
function rows(first: number, count: number): Float32Array {
  const value = (i: number) => {
    const token = first + (Math.floor(i / shape.headDim) % count);
    return Math.floor(i / (shape.headDim * count)) * 10_000 + token;
  };
  return Float32Array.from({ length: 2 * shape.kvHeads * count * shape.headDim }, (_, i) => value(i));
}

/** Of each head of the keys: the tokens that count. */
function tokens(cache: KeyValueCache): number[][] {
  const { dims, data } = cache.feeds().past_key_0!;
  const capacity = dims[2]!;
  return Array.from({ length: shape.kvHeads }, (_, head) =>
    Array.from(
      { length: cache.length },
      (_, row) => (data as Float32Array)[(head * capacity + row) * shape.headDim]! - head * 10_000,
    ),
  );
}

it('keeps its rows while it grows and gives room back', () => {
  const cache = new KeyValueCache(shape);
  cache.append(rows(0, 200), 200);
  cache.append(rows(200, 1400), 1400);
  const upTo = (length: number) => Array.from({ length: shape.kvHeads }, () => [...Array(length).keys()]);
  expect(tokens(cache)).toEqual(upTo(1600));
  cache.truncate(100);
  expect(tokens(cache)).toEqual(upTo(100));
  expect(cache.feeds().past_key_0!.dims).toEqual([1, 2, 256, 2]);
  cache.append(rows(100, 300), 300);
  expect(tokens(cache)).toEqual(upTo(400));
  cache.truncate(0);
  expect(cache.feeds().past_key_0!.dims).toEqual([1, 2, 0, 2]);
});
