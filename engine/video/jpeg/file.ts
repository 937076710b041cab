/** One colour component: how it is sampled and coded. */
export interface Component {
  readonly id: number;
  /** Samples for each of the coarsest component's, across and down. */
  readonly h: number;
  readonly v: number;
  readonly quantisation: number;
  /** Of its own samples. */
  readonly width: number;
  readonly height: number;
  /** Blocks kept: whole units of the interleaved order. */
  readonly blocksAcross: number;
  readonly blocksDown: number;
  /** Coefficients of every block, in natural order. */
  readonly coefficients: Int16Array;
}

export interface Frame {
  readonly progressive: boolean;
  readonly width: number;
  readonly height: number;
  readonly components: readonly Component[];
}

/** For each next 16 bits: the code's length << 8 | its symbol; 0 where no code begins so. */
export type HuffmanTable = Uint16Array;

export interface Scan {
  readonly components: readonly { readonly component: Component; readonly dc: number; readonly ac: number }[];
  readonly from: number;
  readonly to: number;
  readonly high: number;
  readonly low: number;
}

/** Position in a block of the n-th coefficient in the file (ITU-T T.81, figure A.6). */
export const naturalOrder = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
] as const;

/** Thrown inside for a file that is damaged or uses what is not read here; `decodeJpeg` answers null. */
export class OtherJpeg extends Error {
  override readonly name = 'OtherJpeg';
}

const most = 1 << 26;

/** A start-of-frame segment's content: sequential or progressive Huffman coding of 8-bit samples. */
export function readFrame(data: Buffer, progressive: boolean): Frame {
  const height = data.readUInt16BE(1);
  const width = data.readUInt16BE(3);
  const count = data.readUInt8(5);
  if (
    data.readUInt8(0) !== 8 ||
    width * height === 0 ||
    width * height > most ||
    (count !== 1 && count !== 3)
  ) {
    throw new OtherJpeg('samples');
  }
  const raw = Array.from({ length: count }, (_, i) => {
    const factors = data.readUInt8(7 + i * 3);
    return {
      id: data.readUInt8(6 + i * 3),
      h: factors >> 4,
      v: factors & 15,
      quantisation: data.readUInt8(8 + i * 3),
    };
  });
  if (raw.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) throw new OtherJpeg('sampling');
  const across = Math.max(...raw.map(({ h }) => h));
  const down = Math.max(...raw.map(({ v }) => v));
  const unitsAcross = Math.ceil(width / (8 * across));
  const unitsDown = Math.ceil(height / (8 * down));
  const components = raw.map((each) => ({
    ...each,
    width: Math.ceil((width * each.h) / across),
    height: Math.ceil((height * each.v) / down),
    blocksAcross: unitsAcross * each.h,
    blocksDown: unitsDown * each.v,
    coefficients: new Int16Array(unitsAcross * each.h * unitsDown * each.v * 64),
  }));
  return { progressive, width, height, components };
}

/** Tables of a DQT segment, in natural order, by number. */
export function readQuantisation(data: Buffer, tables: Map<number, Int32Array>): void {
  for (let at = 0; at < data.length; ) {
    const head = data.readUInt8(at++);
    const table = new Int32Array(64);
    for (const place of naturalOrder) {
      table[place] = head >> 4 === 0 ? data.readUInt8(at) : data.readUInt16BE(at);
      at += head >> 4 === 0 ? 1 : 2;
    }
    tables.set(head & 15, table);
  }
}

/** Tables of a DHT segment, by class << 4 | number. */
export function readHuffman(data: Buffer, tables: Map<number, HuffmanTable>): void {
  for (let at = 0; at < data.length; ) {
    const head = data.readUInt8(at);
    const counts = data.subarray(at + 1, at + 17);
    at += 17;
    const table = new Uint16Array(1 << 16);
    let code = 0;
    for (let length = 1; length <= 16; length++) {
      for (let i = 0; i < (counts[length - 1] ?? 0); i++) {
        const from = code << (16 - length);
        if (from >= 1 << 16) throw new OtherJpeg('codes');
        table.fill((length << 8) | data.readUInt8(at++), from, (code + 1) << (16 - length));
        code++;
      }
      code <<= 1;
    }
    tables.set(head, table);
  }
}

/** A start-of-scan segment's content. */
export function readScan(data: Buffer, { components }: Frame): Scan {
  const count = data.readUInt8(0);
  const chosen = Array.from({ length: count }, (_, i) => {
    const id = data.readUInt8(1 + i * 2);
    const component = components.find((each) => each.id === id);
    const tables = data.readUInt8(2 + i * 2);
    if (component === undefined) throw new OtherJpeg('scan');
    return { component, dc: tables >> 4, ac: 0x10 | (tables & 15) };
  });
  const end = 1 + count * 2;
  const approximation = data.readUInt8(end + 2);
  const scan = {
    components: chosen,
    from: data.readUInt8(end),
    to: data.readUInt8(end + 1),
    high: approximation >> 4,
    low: approximation & 15,
  };
  if (count === 0 || scan.to > 63 || scan.from > scan.to) throw new OtherJpeg('scan');
  return scan;
}
