import { afterAll, expect, type TestContext } from 'vitest';

/** What the reference generated greedily, and the logits that each token was picked from. */
export interface GreedyReference {
  readonly ids: readonly number[];
  /** [ids.length, vocabulary] */
  readonly logits: Float32Array;
}

export interface Tie {
  /** Of the first token that differs. */
  readonly step: number;
  readonly expected: number;
  readonly picked: number;
  /** By how much the reference preferred its own. */
  readonly margin: number;
}

/**
 * Null where the tokens are the reference's. Where the first that differs was nearly as good for the reference, by less
 * than `tolerance`, it is a tie: what comes after it says nothing. Any other difference fails the test.
 */
export function tieOf(
  picked: readonly number[],
  { ids, logits }: GreedyReference,
  tolerance: number,
): Tie | null {
  const step = ids.findIndex((id, i) => picked[i] !== id);
  const [expected, other] = [ids[step], picked[step]];
  if (expected !== undefined && other !== undefined) {
    const vocabulary = logits.length / ids.length;
    const row = logits.subarray(step * vocabulary, (step + 1) * vocabulary);
    const margin = row[expected]! - row[other]!;
    if (margin < tolerance) return { step, expected, picked: other, margin };
  }
  expect(picked).toEqual(ids);
  return null;
}

/** Compares greedy paths and says at the end, in a line of its own, how many were equal and which ended in a tie. */
export function greedyPaths(what: string) {
  let paths = 0;
  const ties: string[] = [];
  afterAll(() => {
    const lines = [
      `${what}: ${paths - ties.length} of ${paths} greedy paths equal, ${ties.length} ties`,
      ...ties,
    ];
    console.info(lines.join('\n  tie: '));
  });
  return {
    /** Annotates the test with a tie; what the tokens became after it is not to be compared. */
    async check(
      { task, annotate }: TestContext,
      picked: readonly number[],
      reference: GreedyReference,
      tolerance: number,
    ): Promise<Tie | null> {
      paths++;
      const tie = tieOf(picked, reference, tolerance);
      if (tie === null) return null;
      const { step, expected, margin } = tie;
      const words = `token ${step}: ${tie.picked} instead of ${expected}, ${margin.toExponential(1)} apart`;
      ties.push(`${task.fullName}, ${words}`);
      await annotate(`Tie at ${words}`, 'warning');
      return tie;
    },
  };
}
