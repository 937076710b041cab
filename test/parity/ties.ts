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
  const count = async ({ task, annotate }: TestContext, words: string | null): Promise<void> => {
    paths++;
    if (words === null) return;
    ties.push(`${task.fullName}, ${words}`);
    await annotate(`Tie: ${words}`, 'warning');
  };
  return {
    /** Annotates the test with a tie; what the tokens became after it is not to be compared. */
    async check(
      context: TestContext,
      picked: readonly number[],
      reference: GreedyReference,
      tolerance: number,
    ): Promise<void> {
      const tie = tieOf(picked, reference, tolerance);
      if (tie === null) return count(context, null);
      const apart = tie.margin.toExponential(1);
      return count(context, `token ${tie.step}: ${tie.picked} instead of ${tie.expected}, ${apart} apart`);
    },
    /** The same by the text, where the tokens are not at hand: another one is a tie if the reference ever came near one. */
    async checkText(
      context: TestContext,
      text: string | null,
      expected: string,
      { ids, logits }: GreedyReference,
      tolerance: number,
    ): Promise<void> {
      if (text === expected) return count(context, null);
      const vocabulary = logits.length / ids.length;
      const margins = ids.map((_, step) => {
        const row = [...logits.subarray(step * vocabulary, (step + 1) * vocabulary)].sort((x, y) => y - x);
        return row[0]! - row[1]!;
      });
      const closest = Math.min(...margins);
      if (!(closest < tolerance)) expect(text).toBe(expected);
      return count(context, `another text, two tokens ${closest.toExponential(1)} apart`);
    },
  };
}
