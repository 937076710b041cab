import { describe, expect, it } from 'vitest';
import { shuffledOrder, splitModalityOrder } from '../../../engine/training/data/order.ts';
import { readRows } from '../../../engine/training/data/rows.ts';

const turns = (...from: readonly string[]) => from.map((who) => ({ from: who, value: 'x' }));

describe('rows', () => {
  it('keeps good rows and names what is wrong with the others', () => {
    const good = { id: 1, video: 'a.mp4', conversations: turns('human', 'gpt') };
    const { rows, bad } = readRows([
      good,
      null,
      { conversations: turns('gpt', 'human') },
      { conversations: turns('human') },
      { conversations: [{ from: 'robot', value: 'x' }] },
      { ...good, image: 'a.jpg' },
      { ...good, video: 7 },
      { conversations: turns('human', 'gpt', 'gpt') },
    ]);
    expect(rows).toEqual([good]);
    expect(bad.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for (const { why } of bad) expect(why).not.toBe('');
    expect(bad[6]!.why).toMatch(/turn 3/);
  });

  it.each([null, {}, 'text', 7])('says that %j is no list', (json) => {
    expect(readRows(json)).toMatchObject({ rows: [], bad: [{ index: 0 }] });
  });
});

describe('order', () => {
  it.each([
    [8, 4],
    [10, 4],
    [3, 8],
  ])('%i rows in batches of %i: each once, the last batch filled up', (count, batch) => {
    const order = shuffledOrder(count, batch, 7, 0);
    expect(order.length).toBe(Math.ceil(count / batch) * batch);
    expect([...order.slice(0, count)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
    expect(shuffledOrder(count, batch, 7, 0)).toEqual(order);
    if (count > 3) expect(shuffledOrder(count, batch, 7, 1)).not.toEqual(order);
  });

  it('keeps pictures and text apart, sorts by length and begins with the longest batch', () => {
    const rows = Array.from({ length: 22 }, (_, i) => ({ picture: i % 3 !== 0, words: (i * 7) % 23 }));
    for (const epoch of [0, 1, 2]) {
      const order = splitModalityOrder(rows, 4, 7, epoch);
      expect(new Set(order).size).toBe(22);
      expect(order.length % 4).toBe(0);
      for (let at = 0; at < order.length; at += 4) {
        const batch = order.slice(at, at + 4).map((i) => rows[i]!);
        expect(new Set(batch.map(({ picture }) => picture)).size).toBe(1);
        const words = batch.map((row) => row.words);
        expect(words).toEqual([...words].sort((a, b) => b - a));
      }
      expect(rows[order[0]!]).toEqual({
        picture: true,
        words: Math.max(...rows.filter((r) => r.picture).map((r) => r.words)),
      });
    }
    expect(splitModalityOrder([], 4, 7, 0)).toEqual([]);
  });
});
