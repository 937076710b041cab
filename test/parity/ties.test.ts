import { expect, it } from 'vitest';
import { tieOf } from './ties.ts';

const reference = { ids: [1, 2], logits: Float32Array.of(0, 5, 1, 0, 0.9995, 1) };

it('a difference between nearly equal tokens is a tie, any other fails', () => {
  expect(tieOf([1, 2], reference, 1e-3)).toBeNull();
  expect(tieOf([1, 1], reference, 1e-3)).toMatchObject({ step: 1, expected: 2, picked: 1 });
  expect(() => tieOf([1, 0], reference, 1e-3)).toThrow();
  expect(() => tieOf([2, 2], reference, 1e-3)).toThrow();
  expect(() => tieOf([1], reference, 1e-3)).toThrow();
  expect(() => tieOf([1, 2, 0], reference, 1e-3)).toThrow();
});
