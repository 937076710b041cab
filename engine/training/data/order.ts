import { chunks } from '../chunks.ts';
import { randomNumbers, shuffled } from '../random.ts';

/** What the order of a row depends on. */
export interface RowSize {
  readonly picture: boolean;
  readonly words: number;
}

/** A picture is as long as so many words (merv/util/batching_utils.py: 24 × 24 patches). */
const pictureWords = 576;

/**
 * Rows of one epoch in their order, a whole number of batches: what is missing of a last batch is taken from the start.
 * Depends on seed and epoch alone, so that a run resumed at any step sees what it would have seen.
 */
export function shuffledOrder(count: number, batch: number, seed: number, epoch: number): readonly number[] {
  const order = shuffled(count, randomNumbers(seed * 1_000_003 + epoch));
  const missing = Math.ceil(count / batch) * batch - count;
  return [...order, ...Array.from({ length: missing }, (_, i) => order[i % count]!)];
}

/**
 * Batches of rows with a picture and batches of text alone, each sorted by length, the longest batch first, so that what
 * does not fit into memory fails at once (merv/util/batching_utils.py `SplitModalitySampler`, one device). The rule is the
 * reference's; its random numbers are not.
 */
export function splitModalityOrder(
  rows: readonly RowSize[],
  batch: number,
  seed: number,
  epoch: number,
): readonly number[] {
  const random = randomNumbers(seed * 1_000_003 + epoch);
  const groups = [true, false].flatMap((picture) => {
    const members = rows.flatMap((row, i) => (row.picture === picture ? [i] : []));
    const batches = chunks(
      shuffled(members.length, random).map((place) => members[place]!),
      batch,
    );
    const last = batches.at(-1);
    const first = batches[0] ?? [];
    for (let i = 0; last !== undefined && last.length < batch; i++) last.push(first[i % first.length]!);
    for (const rowsOfBatch of batches) rowsOfBatch.sort((a, b) => rows[b]!.words - rows[a]!.words);
    return batches;
  });
  const mixed = shuffled(groups.length, random).map((place) => groups[place]!);
  const lengthOf = (i: number) => rows[i]!.words + (rows[i]!.picture ? pictureWords : 0);
  const longest = mixed.reduce(
    (best, members, i) =>
      Math.max(...members.map(lengthOf)) > Math.max(...mixed[best]!.map(lengthOf)) ? i : best,
    0,
  );
  if (mixed.length > 0) [mixed[0], mixed[longest]] = [mixed[longest]!, mixed[0]!];
  return mixed.flat();
}
