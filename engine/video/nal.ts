import type { NalLayout } from './mp4-index.ts';

/** What a coded picture is to the others: a clean start, needed by some, or of no use to any. */
export type PictureUse = 'clean start' | 'used' | 'unused';

/**
 * Reads the NAL unit header of a coded picture's first slice; all slices of a picture agree on it.
 * H.264 (7.4.1): nal_ref_idc 0 is a picture no other refers to, type 5 an IDR picture.
 * HEVC (table 7-1): even types under 16 are sub-layer non-reference pictures, 16 to 20 IDR and BLA pictures.
 */
export function pictureUse(coded: Buffer, layout: NalLayout): PictureUse {
  const { lengthBytes } = layout;
  for (let at = 0; at + lengthBytes < coded.length; ) {
    const length = coded.readUIntBE(at, lengthBytes);
    const header = coded[at + lengthBytes]!;
    if (layout.codec === 'h264') {
      const type = header & 0x1f;
      if (type >= 1 && type <= 5) {
        if (type === 5) return 'clean start';
        return (header & 0x60) === 0 ? 'unused' : 'used';
      }
    } else {
      const type = (header >> 1) & 0x3f;
      if (type < 32) {
        if (type >= 16 && type <= 20) return 'clean start';
        return type < 16 && type % 2 === 0 ? 'unused' : 'used';
      }
    }
    at += lengthBytes + length;
  }
  return 'used';
}
