/** What the first bytes of a picture file say. */
export interface PictureHeader {
  readonly format: 'png' | 'jpeg' | 'webp' | 'bmp';
  /** Size as shown: an EXIF turn is applied. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 to 8; 1 is upright. */
  readonly orientation: number;
}

/** Reads a picture's size and turn from its head. Null for anything but a whole PNG, JPEG, WebP or BMP header. */
export function readPictureHeader(bytes: Buffer): PictureHeader | null {
  try {
    if (bytes.readUInt32BE(0) === 0x89504e47) {
      return upright('png', bytes.readUInt32BE(16), bytes.readUInt32BE(20));
    }
    if (bytes.readUInt16BE(0) === 0xffd8) return readJpeg(bytes);
    if (bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') {
      return readWebp(bytes);
    }
    if (bytes.toString('latin1', 0, 2) === 'BM') {
      return upright('bmp', Math.abs(bytes.readInt32LE(18)), Math.abs(bytes.readInt32LE(22)));
    }
    return null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function upright(format: PictureHeader['format'], width: number, height: number): PictureHeader | null {
  return width > 0 && height > 0 ? { format, width, height, orientation: 1 } : null;
}

function readWebp(bytes: Buffer): PictureHeader | null {
  const kind = bytes.toString('latin1', 12, 16);
  if (kind === 'VP8X') return upright('webp', bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1);
  if (kind === 'VP8L') {
    const packed = bytes.readUInt32LE(21);
    return upright('webp', (packed & 0x3fff) + 1, ((packed >>> 14) & 0x3fff) + 1);
  }
  return upright('webp', bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
}

/** Walks the segments up to the frame header (SOFn), taking the turn from an EXIF segment on the way. */
function readJpeg(bytes: Buffer): PictureHeader | null {
  let orientation = 1;
  for (let at = 2; ; ) {
    if (bytes.readUInt8(at) !== 0xff) return null;
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = bytes.readUInt16BE(at + 2);
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      const height = bytes.readUInt16BE(at + 5);
      const width = bytes.readUInt16BE(at + 7);
      if (width === 0 || height === 0) return null;
      const turned = orientation >= 5;
      return { format: 'jpeg', width: turned ? height : width, height: turned ? width : height, orientation };
    }
    if (marker === 0xe1 && bytes.toString('latin1', at + 4, at + 10) === 'Exif\0\0') {
      orientation = exifOrientation(bytes.subarray(at + 10, at + 2 + length));
    }
    at += 2 + length;
  }
}

/** Tag 0x0112 of the first directory of a TIFF block; 1 when it is absent or damaged. */
function exifOrientation(tiff: Buffer): number {
  try {
    const little = tiff.toString('latin1', 0, 2) === 'II';
    const short = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
    const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
    const entries = short(directory);
    for (let i = 0; i < entries; i++) {
      const entry = directory + 2 + i * 12;
      if (short(entry) !== 0x0112) continue;
      const value = short(entry + 8);
      return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
  } catch (error) {
    if (error instanceof RangeError) return 1;
    throw error;
  }
}
