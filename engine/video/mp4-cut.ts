import { type FileHandle, open } from 'node:fs/promises';
import { makeBox, words } from './mp4-boxes.ts';
import type { Mp4Index } from './mp4-index.ts';
import { pictureUse } from './nal.ts';

/** Packets to decode in a row: from a keyframe to the last wanted one of its group. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  /** Packets that must come out; others that no picture depends on may be left out. */
  readonly wanted: ReadonlySet<number>;
}

/** Coded bytes read at a time. */
const fragmentBytes = 4 * 1024 * 1024;

/**
 * An MP4 stream with only these packets, in the file's own coding and with its own times (plus `index.cutShift`), for a
 * decoder to read from a pipe: what no wanted picture depends on is never decoded, and nothing is sought. Throws what
 * reading the file throws.
 */
export async function* cutMp4(
  path: string,
  index: Mp4Index,
  segments: readonly Segment[],
): AsyncGenerator<Uint8Array> {
  yield index.head;
  const { bytes } = index.samples;
  const file = await open(path, 'r');
  try {
    let sequence = 0;
    for (const segment of segments) {
      for (let from = segment.from; from <= segment.to; ) {
        let to = from;
        let size = 0;
        while (to <= segment.to && (size === 0 || size + bytes[to]! <= fragmentBytes)) size += bytes[to++]!;
        const coded = await readPacketsAt(file, index, from, to);
        const kept: number[] = [];
        for (let packet = from; packet < to; packet++) {
          if (segment.wanted.has(packet) || !idle(index, coded[packet - from]!)) kept.push(packet);
        }
        const data = kept.map((packet) => coded[packet - from]!);
        if (kept.length > 0) yield fragment(index, ++sequence, kept, data);
        from = to;
      }
    }
  } finally {
    await file.close();
  }
}

/** The coded pictures from..to−1: in one read, unless much else lies between them. */
async function readPacketsAt(
  file: FileHandle,
  index: Mp4Index,
  from: number,
  to: number,
): Promise<readonly Buffer[]> {
  const offset = index.samples.offset.subarray(from, to);
  const bytes = index.samples.bytes.subarray(from, to);
  const start = offset.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const end = offset.reduce((most, at, i) => Math.max(most, at + bytes[i]!), 0);
  if (end - start <= 2 * fragmentBytes) {
    const span = await readAt(file, start, end - start);
    return Array.from(offset, (at, i) => span.subarray(at - start, at - start + bytes[i]!));
  }
  const coded: Buffer[] = [];
  for (const [i, at] of offset.entries()) coded.push(await readAt(file, at, bytes[i]!));
  return coded;
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, at);
  // The file became shorter since it was opened: what is missing decodes to nothing.
  return buffer.fill(0, bytesRead);
}

function idle(index: Mp4Index, coded: Buffer): boolean {
  return index.nal?.droppable === true && pictureUse(coded, index.nal) === 'unused';
}

/** One moof and its mdat (ISO/IEC 14496-12, 8.8). Each sample carries its length, so gaps need nothing special. */
function fragment(
  index: Mp4Index,
  sequence: number,
  packets: readonly number[],
  data: readonly Buffer[],
): Buffer {
  const { dts, shift, bytes, key } = index.samples;
  const least = shift.reduce((low, value) => Math.min(low, value), 0);
  const rows = packets.map((packet, i) => {
    const next = packets[i + 1];
    const length = next === undefined ? 1 : dts[next]! - dts[packet]!;
    return words(length, bytes[packet]!, key[packet] === 1 ? 0x02000000 : 0x01010000, shift[packet]! - least);
  });
  const base = Buffer.alloc(8);
  base.writeBigUInt64BE(BigInt(dts[packets[0]!]!));
  const build = (dataOffset: number): Buffer =>
    makeBox(
      'moof',
      makeBox('mfhd', words(0, sequence)),
      makeBox(
        'traf',
        makeBox('tfhd', words(0x020000, index.trackId)),
        makeBox('tfdt', words(0x01000000), base),
        // Data offset, and for each sample duration, size, flags and composition time.
        makeBox('trun', words(0x000f01, packets.length, dataOffset), ...rows),
      ),
    );
  const head = build(0).length + 8;
  return Buffer.concat([build(head), makeBox('mdat', ...data)]);
}
