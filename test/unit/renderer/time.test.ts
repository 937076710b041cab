import { describe, expect, it } from 'vitest';
import { formatBytes, plural } from '../../../renderer/lib/numbers.ts';
import { formatClock, formatMs, formatSeconds, parseClock } from '../../../renderer/lib/time.ts';

describe('clock times', () => {
  it.each([
    [0, 0, '0:00'],
    [7.99, 0, '0:07'],
    [59.999, 2, '0:59.99'],
    [8.3, 1, '0:08.3'],
    [3723, 0, '1:02:03'],
    [600.25, 2, '10:00.25'],
    [Number.NaN, 0, '0:00'],
    [-1, 0, '0:00'],
  ] as const)('%d with %d decimals', (seconds, decimals, text) => {
    expect(formatClock(seconds, decimals)).toBe(text);
  });

  it.each([
    ['7.5', 7.5],
    ['0:07.5', 7.5],
    ['1:02:03', 3723],
    ['7,5', 7.5],
    [' 12 s ', 12],
    ['90', 90],
    ['.5', 0.5],
    ['0:75', null],
    ['1:75:00', null],
    ['', null],
    ['abc', null],
    ['-3', null],
    ['1:2:3:4', null],
  ])('reads %j', (text, seconds) => {
    expect(parseClock(text)).toBe(seconds);
  });

  it('reads what it writes', () => {
    for (const seconds of [0, 0.04, 1.96, 59.99, 60, 3599.99, 3600, 7261.5]) {
      expect(parseClock(formatClock(seconds, 2))).toBeCloseTo(seconds, 2);
    }
  });

  it.each([
    [0.04, '0.04 s'],
    [0.4, '0.4 s'],
    [0.97, '1.0 s'],
    [9.96, '10 s'],
    [59.6, '1 min'],
    [125, '2 min 5 s'],
  ])('says %d s', (seconds, words) => {
    expect(formatSeconds(seconds)).toBe(words);
  });

  it('says milliseconds up to a second', () => {
    expect([formatMs(38.4), formatMs(949), formatMs(1_240)]).toEqual(['38 ms', '949 ms', '1.2 s']);
  });
});

describe('numbers', () => {
  it('counts and weighs', () => {
    expect([plural(1, 'frame'), plural(1903, 'token')]).toEqual(['1 frame', '1,903 tokens']);
    expect([formatBytes(512), formatBytes(98_000_000), formatBytes(1_260_000), formatBytes(999_600)]).toEqual(
      ['512 B', '98 MB', '1.3 MB', '1.0 MB'],
    );
  });
});
