import { colourToRgb, greyToRgb, type Plane } from './colours.ts';
import {
  type Frame,
  type HuffmanTable,
  OtherJpeg,
  readFrame,
  readHuffman,
  readQuantisation,
  readScan,
} from './file.ts';
import { decodeScan } from './scan.ts';
import { transform } from './transform.ts';

export interface JpegPicture {
  readonly rgb: Uint8Array;
  /** As stored; an EXIF turn is not applied. */
  readonly width: number;
  readonly height: number;
  /** As ffmpeg calls it. */
  readonly pixelFormat: string;
}

/** Encoders write about ten; each one may go through the whole picture. */
const mostScans = 100;

/**
 * A JPEG file (ITU-T T.81: sequential or progressive, Huffman coded, 8 bits, grey or YCbCr) as rgb24, level for level as
 * libjpeg-turbo decodes it, and with it the reference's Pillow: ffmpeg's levels differ, at edges of colour by dozens.
 * Null for a damaged file and for other kinds.
 */
export function decodeJpeg(file: Buffer): JpegPicture | null {
  try {
    return decode(file);
  } catch (error) {
    if (error instanceof OtherJpeg || error instanceof RangeError) return null;
    throw error;
  }
}

function decode(file: Buffer): JpegPicture {
  const quantisations = new Map<number, Int32Array>();
  const tables = new Map<number, HuffmanTable>();
  let frame: Frame | null = null;
  let restartInterval = 0;
  let scans = 0;
  /** Adobe's segment says whether three components are RGB. */
  let plainRgb: boolean | null = null;
  let jfif = false;
  for (let at = 2; ; ) {
    if (file.readUInt8(at) !== 0xff) throw new OtherJpeg('no marker');
    const marker = file.readUInt8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) break;
    const length = file.readUInt16BE(at + 2);
    const data = file.subarray(at + 4, at + 2 + length);
    at += 2 + length;
    if (marker === 0xc0 || marker === 0xc1 || marker === 0xc2) {
      if (frame !== null) throw new OtherJpeg('two frames');
      frame = readFrame(data, marker === 0xc2);
    } else if (marker === 0xc4) readHuffman(data, tables);
    else if (marker >= 0xc3 && marker <= 0xcf) throw new OtherJpeg('coding');
    else if (marker === 0xdb) readQuantisation(data, quantisations);
    else if (marker === 0xdd) restartInterval = data.readUInt16BE(0);
    else if (marker === 0xe0) jfif ||= data.toString('latin1', 0, 5) === 'JFIF\0';
    else if (marker === 0xee && data.toString('latin1', 0, 5) === 'Adobe')
      plainRgb = data.readUInt8(11) === 0;
    else if (marker === 0xda) {
      if (frame === null || ++scans > mostScans) throw new OtherJpeg('scan');
      at = decodeScan(file, at, frame, readScan(data, frame), tables, restartInterval);
    }
  }
  if (frame === null) throw new OtherJpeg('no frame');
  return toRgb(frame, quantisations, jfif ? false : plainRgb);
}

/** By chroma rows and columns a sample. */
const samplings = [
  ['444', '422'],
  ['440', '420'],
] as const;

function toRgb(
  { width, height, components }: Frame,
  quantisations: ReadonlyMap<number, Int32Array>,
  plainRgb: boolean | null,
): JpegPicture {
  const planes = components.map((component) => {
    const table = quantisations.get(component.quantisation);
    if (table === undefined) throw new OtherJpeg('no quantisation');
    return transform(component, table);
  });
  const [luma, blue, red] = planes;
  if (blue === undefined || red === undefined) {
    return { rgb: greyToRgb(luma!), width, height, pixelFormat: 'gray' };
  }
  const ids = String.fromCharCode(...components.map(({ id }) => id));
  if (plainRgb === true || (plainRgb === null && ids === 'RGB')) throw new OtherJpeg('RGB');
  const [first, second, third] = components;
  const columns = first!.h / second!.h;
  const rows = first!.v / second!.v;
  const known = (columns === 1 || columns === 2) && (rows === 1 || rows === 2);
  if (!known || second!.h !== third!.h || second!.v !== third!.v) throw new OtherJpeg('sampling');
  const plane = (data: Uint8Array): Plane => ({
    width: second!.width,
    height: second!.height,
    columns,
    rows,
    data,
  });
  const rgb = colourToRgb(luma!, plane(blue), plane(red), width, height);
  return { rgb, width, height, pixelFormat: `yuvj${samplings[rows - 1]![columns - 1]}p` };
}
