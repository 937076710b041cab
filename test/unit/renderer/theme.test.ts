import { DEFAULT_THEME } from '@mantine/core';
import { describe, expect, it } from 'vitest';
import { cssVariables } from '../../../renderer/lib/theme.ts';

/** WCAG 2.1: relative luminance and contrast ratio. */
function luminance(colour: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = channels.map((c) =>
    c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const { dark, light } = cssVariables(DEFAULT_THEME);

describe.each([
  ['dark', dark],
  ['light', light],
] as const)('%s', (_name, variables) => {
  const colour = (name: string) => variables[`--m-${name}`]!;

  it.each(['text', 'dim', 'faint'])('%s can be read on every surface', (ink) => {
    for (const surface of ['bg', 'sidebar', 'panel', 'raised', 'hover', 'active']) {
      expect(contrast(colour(ink), colour(surface)), `${ink} on ${surface}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(['accent', 'ok', 'warn', 'bad'])('%s can be read where it is used', (ink) => {
    for (const surface of ['bg', 'panel', 'raised']) {
      expect(contrast(colour(ink), colour(surface)), `${ink} on ${surface}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('white can be read on filled buttons, and marks of encoders stand out', () => {
    expect(contrast('#ffffff', colour('accent-fill'))).toBeGreaterThanOrEqual(4.5);
    for (const n of [1, 2, 3, 4])
      expect(contrast(colour(`encoder-${n}`), colour('bg'))).toBeGreaterThanOrEqual(3);
  });
});
