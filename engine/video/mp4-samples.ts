import { type Box, onlyBox } from './mp4-boxes.ts';

/** A track's samples in decode order; times in ticks of the media's own clock. */
export interface Samples {
  readonly count: number;
  readonly dts: Float64Array;
  /** Presentation minus decode time. */
  readonly shift: Float64Array;
  readonly duration: Float64Array;
  readonly bytes: Float64Array;
  readonly offset: Float64Array;
  readonly key: Uint8Array;
  /** Sum of all durations: the length the container's average rate is measured over. */
  readonly ticks: number;
}

/**
 * Lays out a sample table (ISO/IEC 14496-12, 8.6 and 8.7). Null when a part is missing or does not add up, or is of a
 * kind not read here (compact sizes); throws RangeError on a damaged table.
 */
export function readSamples(table: readonly Box[]): Samples | null {
  const sizes = onlyBox(table, 'stsz')?.payload;
  const times = onlyBox(table, 'stts')?.payload;
  const chunks = onlyBox(table, 'stsc')?.payload;
  const offsets = onlyBox(table, 'stco') ?? onlyBox(table, 'co64');
  if (!sizes || !times || !chunks || !offsets) return null;
  const count = sizes.readUInt32BE(8);
  const size = sizes.readUInt32BE(4);
  const bytes = new Float64Array(count).fill(size);
  if (size === 0) for (let i = 0; i < count; i++) bytes[i] = sizes.readUInt32BE(12 + i * 4);

  const duration = runLengths(times, count, (at) => times.readUInt32BE(at));
  const offset = sampleOffsets(chunks, offsets, bytes);
  const shifts = onlyBox(table, 'ctts')?.payload;
  // Version 0 says unsigned, yet writers put negative shifts there too; ffmpeg reads both as signed.
  const shift = shifts ? runLengths(shifts, count, (at) => shifts.readInt32BE(at)) : new Float64Array(count);
  if (!duration || !offset || !shift) return null;

  const dts = new Float64Array(count);
  for (let i = 1; i < count; i++) dts[i] = dts[i - 1]! + duration[i - 1]!;
  const ticks = count === 0 ? 0 : dts[count - 1]! + duration[count - 1]!;
  return { count, dts, shift, duration, bytes, offset, key: keySamples(table, count), ticks };
}

/** A table of (repeat count, value) pairs, spread out; null when it is not for exactly this many samples. */
function runLengths(table: Buffer, count: number, read: (at: number) => number): Float64Array | null {
  const values = new Float64Array(count);
  let filled = 0;
  for (let entry = 0; entry < table.readUInt32BE(4); entry++) {
    const repeat = table.readUInt32BE(8 + entry * 8);
    if (filled + repeat > count) return null;
    values.fill(read(12 + entry * 8), filled, filled + repeat);
    filled += repeat;
  }
  return filled === count ? values : null;
}

function sampleOffsets(chunks: Buffer, offsets: Box, bytes: Float64Array): Float64Array | null {
  const { payload } = offsets;
  const wide = offsets.type === 'co64';
  const chunkCount = payload.readUInt32BE(4);
  const entries = chunks.readUInt32BE(4);
  const place = new Float64Array(bytes.length);
  let sample = 0;
  for (let entry = 0; entry < entries; entry++) {
    const from = chunks.readUInt32BE(8 + entry * 12) - 1;
    const perChunk = chunks.readUInt32BE(12 + entry * 12);
    const to = entry + 1 < entries ? chunks.readUInt32BE(20 + entry * 12) - 1 : chunkCount;
    for (let chunk = from; chunk < to; chunk++) {
      let at = wide ? Number(payload.readBigUInt64BE(8 + chunk * 8)) : payload.readUInt32BE(8 + chunk * 4);
      for (let i = 0; i < perChunk; i++) {
        if (sample >= bytes.length) return null;
        place[sample] = at;
        at += bytes[sample++]!;
      }
    }
  }
  return sample === bytes.length ? place : null;
}

function keySamples(table: readonly Box[], count: number): Uint8Array {
  const sync = onlyBox(table, 'stss')?.payload;
  if (!sync) return new Uint8Array(count).fill(1);
  const key = new Uint8Array(count);
  for (let i = 0; i < sync.readUInt32BE(4); i++) {
    const sample = sync.readUInt32BE(8 + i * 4) - 1;
    if (sample < count) key[sample] = 1;
  }
  return key;
}
