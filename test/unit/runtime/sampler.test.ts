import { describe, expect, it } from 'vitest';
import { type Sampling, samplingSchema } from '../../../engine/contract/sampling.ts';
import { Sampler } from '../../../engine/runtime/sampler.ts';

const none: ReadonlySet<number> = new Set();
const sampling = (changes: Partial<Sampling>): Sampling => ({
  ...samplingSchema.parse({}),
  seed: 7,
  ...changes,
});
/** How often each id is drawn. */
function frequencies(
  changes: Partial<Sampling>,
  logits: readonly number[],
  seen = none,
  draws = 20_000,
): number[] {
  const sampler = new Sampler(sampling(changes));
  const counts = logits.map(() => 0);
  for (let i = 0; i < draws; i++) counts[sampler.next(Float32Array.from(logits), seen)]! += 1 / draws;
  return counts;
}
const softmax = (logits: readonly number[], temperature = 1): number[] => {
  const e = logits.map((l) => Math.exp(l / temperature));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((x) => x / sum);
};
const logits = [1, 3, 2, 0.5, -1];

describe('sampler', () => {
  it('is greedy at temperature 0, the lowest id on a tie', () => {
    expect(new Sampler(sampling({ temperature: 0 })).next(Float32Array.of(0, 5, 5), none)).toBe(1);
  });

  it.each([0.5, 1, 1.5])('draws with the probabilities of the softmax at temperature %s', (temperature) => {
    const expected = softmax(logits, temperature);
    for (const [id, p] of frequencies({ temperature }, logits).entries()) {
      // Five deviations of a binomial share.
      expect(Math.abs(p - expected[id]!)).toBeLessThan(
        5 * Math.sqrt((expected[id]! * (1 - expected[id]!)) / 20_000),
      );
    }
  });

  it('keeps the k likeliest', () => {
    expect(frequencies({ temperature: 1, topK: 2 }, logits).map((p) => p > 0)).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it('keeps the smallest set that reaches topP, at least one', () => {
    const [, second, third] = softmax(logits);
    expect(frequencies({ temperature: 1, topP: second! + third! / 2 }, logits).map((p) => p > 0)).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
    expect(frequencies({ temperature: 1, topP: 0.01 }, logits)[1]).toBeCloseTo(1);
  });

  it('drops what is below minP of the likeliest', () => {
    expect(frequencies({ temperature: 1, minP: 0.2 }, logits).map((p) => p > 0)).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it('punishes seen tokens, positive logits by division and negative ones by multiplication', () => {
    const greedy = new Sampler(sampling({ temperature: 0, repetitionPenalty: 2 }));
    expect(greedy.next(Float32Array.of(3, 2), new Set([0]))).toBe(1);
    expect(greedy.next(Float32Array.of(-1, -1.5), new Set([0]))).toBe(1);
  });

  it('leaves the logits as they were', () => {
    const given = Float32Array.of(3, 2, -1);
    new Sampler(sampling({ temperature: 1, repetitionPenalty: 1.5 })).next(given, new Set([0, 2]));
    expect([...given]).toEqual([3, 2, -1]);
  });

  it('repeats itself for a seed and not for another', () => {
    const run = (seed: number) => {
      const sampler = new Sampler(sampling({ temperature: 1.5, seed }));
      return Array.from({ length: 50 }, () => sampler.next(Float32Array.from(logits), none));
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });
});
