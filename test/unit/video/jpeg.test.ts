import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { decodeJpeg } from '../../../engine/video/jpeg/decode.ts';
import { turned } from '../../../engine/video/jpeg/turn.ts';
import { readPictureHeader } from '../../../engine/video/picture-header.ts';

/** Written and decoded by Pillow 13.0.0 with libjpeg-turbo: the hash is of the upright rgb24 pixels. */
const cases = z
  .array(
    z.object({
      name: z.string(),
      jpeg: z.string(),
      width: z.number(),
      height: z.number(),
      sha256: z.string(),
    }),
  )
  .parse(
    JSON.parse(await readFile(fileURLToPath(new URL('../../fixtures/jpegs.json', import.meta.url)), 'utf8')),
  );

describe('JPEG pictures', () => {
  it.each(cases)('have the levels that Pillow gives them: $name', ({ jpeg, width, height, sha256 }) => {
    const file = Buffer.from(jpeg, 'base64');
    const picture = decodeJpeg(file)!;
    const header = readPictureHeader(file)!;
    const rgb = turned(picture.rgb, picture.width, picture.height, header.orientation);
    expect([header.width, header.height]).toEqual([width, height]);
    expect(createHash('sha256').update(rgb).digest('hex')).toBe(sha256);
  });

  it('are refused, not mistaken, where bytes are damaged', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return Math.floor((seed / 0x80000000) * below);
    };
    for (let round = 0; round < 700; round++) {
      const file = Buffer.from(cases[round % cases.length]!.jpeg, 'base64');
      for (let i = 0; i < 1 + (round % 4); i++) file[2 + random(file.length - 2)] = random(256);
      const cut = round % 5 === 0 ? file.subarray(0, random(file.length)) : file;
      const picture = decodeJpeg(cut);
      if (picture !== null) expect(picture.rgb.length).toBe(picture.width * picture.height * 3);
    }
  });
});
