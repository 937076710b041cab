import { describe, expect, it } from 'vitest';
import { resample } from '../../../engine/models/resample.ts';

const noise = (height: number, width: number) => ({
  height,
  width,
  rgb: new Uint8Array(height * width * 3).map((_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24),
});

describe.each([
  { from: [41, 67], to: [13, 21] },
  { from: [9, 2], to: [5, 1] },
  { from: [1, 3], to: [7, 10] },
  { from: [50, 30], to: [50, 11] },
  { from: [50, 30], to: [17, 30] },
] as const)('resample $from to $to', ({ from, to }) => {
  const image = noise(from[0], from[1]);
  const [height, width] = to;

  it('gives a window of what the whole gives', () => {
    const whole = resample(image, { height, width }, 'bicubic');
    const window = { top: height >> 2, left: width >> 1, height: height >> 1, width: width - (width >> 1) };
    const { rgb } = resample(image, { height, width }, 'bicubic', window);
    const rows = Array.from({ length: window.height }, (_, y) => {
      const at = ((window.top + y) * width + window.left) * 3;
      return whole.rgb.subarray(at, at + window.width * 3);
    });
    expect(Buffer.compare(rgb, Buffer.concat(rows))).toBe(0);
  });

  it('leaves one colour as it is', () => {
    const grey = { ...image, rgb: image.rgb.map(() => 201) };
    const { rgb } = resample(grey, { height, width }, 'bicubic');
    expect(rgb.every((value) => value === 201)).toBe(true);
  });
});
