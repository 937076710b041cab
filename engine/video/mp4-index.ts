import { type FileHandle, open } from 'node:fs/promises';
import { type Box, boxesIn, makeBox, onlyBox, words } from './mp4-boxes.ts';
import { readSamples, type Samples } from './mp4-samples.ts';
import type { PacketTable } from './packets.ts';

/** How to tell from a coded picture's first bytes whether other pictures depend on it. */
export interface NalLayout {
  readonly codec: 'h264' | 'hevc';
  /** Bytes of the length field before each NAL unit. */
  readonly lengthBytes: number;
  /** Whether pictures of no use to others may be dropped: not with several temporal layers. */
  readonly droppable: boolean;
}

/** Where each coded picture of an MP4 or MOV lies, and what a decoder needs to hear before the first one. */
export interface Mp4Index {
  readonly packets: PacketTable;
  readonly samples: Samples;
  /** Samples ÷ their length in seconds: what ffmpeg and decord call the average rate. Null for no length. */
  readonly averageFps: number | null;
  /** A file head (ftyp, moov) that announces the same track and has fragments follow. */
  readonly head: Buffer;
  readonly trackId: number;
  /** Null for codecs that are handed on picture by picture. */
  readonly nal: NalLayout | null;
  /** What to add to a packet's `pts` for its time in a stream cut with {@link cutMp4}. */
  readonly cutShift: number;
}

const longestMoov = 512 * 1024 * 1024;

/**
 * Reads the index of a plain MP4 or MOV: some milliseconds for hours of video, where having ffmpeg list the packets
 * means reading the whole file. Null for anything out of the ordinary (not MP4, fragmented, encrypted, several sample
 * descriptions, an edit list that cuts or repeats, chapters as video): those go through ffmpeg.
 */
export async function readMp4Index(path: string): Promise<Mp4Index | null> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const moov = await readMoov(file, size);
    return moov && indexOf(moov, size);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    await file.close();
  }
}

/** The payload of the moov box; null when there is none or the file does not begin like an MP4. */
async function readMoov(file: FileHandle, size: number): Promise<Buffer | null> {
  const header = Buffer.alloc(16);
  for (let at = 0; at + 8 <= size; ) {
    const { bytesRead } = await file.read(header, 0, 16, at);
    if (bytesRead < 8) return null;
    const type = header.toString('latin1', 4, 8);
    if (!/^(ftyp|styp|moov|mdat|free|skip|wide|uuid|udta|meta|pnot)$/.test(type)) return null;
    const short = header.readUInt32BE(0);
    const length = short === 1 ? Number(header.readBigUInt64BE(8)) : short === 0 ? size - at : short;
    if (length < 8) return null;
    if (type === 'moov') {
      if (length > longestMoov || at + length > size) return null;
      const payload = Buffer.alloc(length - 8);
      await file.read(payload, 0, payload.length, at + 8);
      return payload;
    }
    at += length;
  }
  return null;
}

function indexOf(payload: Buffer, fileSize: number): Mp4Index | null {
  const moov = boxesIn(payload);
  const movie = onlyBox(moov, 'mvhd');
  if (!movie || moov.some(({ type }) => type === 'mvex' || type === 'cmov')) return null;
  const tracks = moov.filter(({ type }) => type === 'trak').map(({ payload }) => boxesIn(payload));
  const video = tracks.find((track) => handlerOf(track) === 'vide');
  if (!video || tracks.some(hasChapters)) return null;
  const header = onlyBox(video, 'tkhd');
  const media = boxesIn(onlyBox(video, 'mdia')?.payload ?? Buffer.alloc(0));
  const mediaHeader = onlyBox(media, 'mdhd');
  const information = boxesIn(onlyBox(media, 'minf')?.payload ?? Buffer.alloc(0));
  const table = boxesIn(onlyBox(information, 'stbl')?.payload ?? Buffer.alloc(0));
  const description = onlyBox(table, 'stsd');
  if (!header || !mediaHeader || !description || !selfContained(information)) return null;
  if (description.payload.readUInt32BE(4) !== 1) return null;
  const samples = readSamples(table);
  if (!samples || samples.count === 0) return null;

  const clock = timescale(mediaHeader.payload);
  const start = presentationStart(video, samples, clock, timescale(movie.payload));
  if (start === null) return null;
  const trackId = header.payload.readUInt32BE(header.payload[0] === 1 ? 20 : 12);
  const parts = { movie, header, mediaHeader, media, information, description, trackId };
  const least = samples.shift.reduce((low, value) => Math.min(low, value), 0);
  return {
    packets: packetsOf(samples, start, clock, fileSize),
    samples,
    averageFps: samples.ticks > 0 ? (samples.count * clock) / samples.ticks : null,
    head: cutHead(parts),
    trackId,
    nal: nalLayout(description),
    cutShift: -start - least,
  };
}

function handlerOf(track: readonly Box[]): string {
  const media = onlyBox(track, 'mdia');
  const handler = media && onlyBox(boxesIn(media.payload), 'hdlr');
  return handler ? handler.payload.toString('latin1', 8, 12) : '';
}

/** Whether a track names another as its chapters: a track of chapter pictures is not the video. */
function hasChapters(track: readonly Box[]): boolean {
  return track.some(
    ({ type, payload }) => type === 'tref' && boxesIn(payload).some((ref) => ref.type === 'chap'),
  );
}

/** Ticks a second of a movie or media header. */
function timescale(header: Buffer): number {
  return header.readUInt32BE(header[0] === 1 ? 20 : 12);
}

/** Whether the samples lie in this file: one data reference, flagged so. */
function selfContained(information: readonly Box[]): boolean {
  const references = boxesIn(onlyBox(information, 'dinf')?.payload ?? Buffer.alloc(0));
  const list = onlyBox(references, 'dref')?.payload;
  if (list?.readUInt32BE(4) !== 1) return false;
  return (boxesIn(list.subarray(8))[0]!.payload.readUInt32BE(0) & 1) === 1;
}

/**
 * What to add to a sample's composition time for its presentation time. Null when the edit list does more than delay the
 * start and skip what lies before the first picture.
 */
function presentationStart(
  track: readonly Box[],
  samples: Samples,
  clock: number,
  movieClock: number,
): number | null {
  const edits = onlyBox(track, 'edts');
  if (!edits) return 0;
  const list = onlyBox(boxesIn(edits.payload), 'elst')?.payload;
  if (!list) return null;
  const wide = list[0] === 1;
  const length = wide ? 20 : 12;
  let delay = 0;
  for (let entry = 0, count = list.readUInt32BE(4); entry < count; entry++) {
    const at = 8 + entry * length;
    const duration = wide ? Number(list.readBigUInt64BE(at)) : list.readUInt32BE(at);
    const mediaTime = wide ? Number(list.readBigInt64BE(at + 8)) : list.readInt32BE(at + 4);
    if (list.readUInt32BE(at + length - 4) !== 0x10000) return null;
    if (mediaTime === -1) {
      delay += duration;
      continue;
    }
    if (entry !== count - 1) return null;
    const end = duration === 0 ? Number.POSITIVE_INFINITY : mediaTime + (duration * clock) / movieClock;
    for (let i = 0; i < samples.count; i++) {
      const time = samples.dts[i]! + samples.shift[i]!;
      if (time < mediaTime || time >= end) return null;
    }
    return Math.round((delay * clock) / movieClock) - mediaTime;
  }
  return null;
}

function packetsOf(samples: Samples, start: number, clock: number, fileSize: number): PacketTable {
  const { dts, shift, bytes, offset } = samples;
  // A file that was cut off: what lies behind its end does not count.
  let count = 0;
  while (count < samples.count && offset[count]! + bytes[count]! <= fileSize) count++;
  const flags = samples.key.slice(0, count);
  return {
    count,
    secondsPerTick: 1 / clock,
    pts: Float64Array.from({ length: count }, (_, i) => dts[i]! + shift[i]! + start),
    dts: dts.map((time) => time + start).slice(0, count),
    duration: samples.duration.slice(0, count),
    bytes: bytes.slice(0, count),
    flags,
    complaints: count < samples.count ? 'partial file' : '',
    key: (packet) => flags[packet] === 1,
    corrupt: () => false,
    discarded: () => false,
  };
}

/** Finds the decoder configuration in the one sample description. */
function nalLayout(description: Box): NalLayout | null {
  const entry = description.payload.subarray(8);
  // A visual sample entry has 78 bytes of fields before its boxes.
  const inner = boxesIn(entry.subarray(8 + 78, entry.readUInt32BE(0)));
  const avc = onlyBox(inner, 'avcC')?.payload;
  if (avc) return { codec: 'h264', lengthBytes: (avc.readUInt8(4) & 3) + 1, droppable: true };
  const hevc = onlyBox(inner, 'hvcC')?.payload;
  if (!hevc) return null;
  const layout = hevc.readUInt8(21);
  return { codec: 'hevc', lengthBytes: (layout & 3) + 1, droppable: ((layout >> 3) & 7) <= 1 };
}

interface HeadParts {
  readonly movie: Box;
  readonly header: Box;
  readonly mediaHeader: Box;
  readonly media: readonly Box[];
  readonly information: readonly Box[];
  readonly description: Box;
  readonly trackId: number;
}

/** The original boxes that describe the track, with empty sample tables and the note that fragments follow. */
function cutHead(parts: HeadParts): Buffer {
  const empty = Buffer.alloc(8);
  const table = makeBox(
    'stbl',
    parts.description.bytes,
    makeBox('stts', empty),
    makeBox('stsc', empty),
    makeBox('stsz', empty, words(0)),
    makeBox('stco', empty),
  );
  const information = parts.information.filter(({ type }) => type !== 'stbl').map(({ bytes }) => bytes);
  const handler = parts.media.filter(({ type }) => type === 'hdlr').map(({ bytes }) => bytes);
  const media = makeBox('mdia', parts.mediaHeader.bytes, ...handler, makeBox('minf', ...information, table));
  const extends_ = makeBox('mvex', makeBox('trex', words(0, parts.trackId, 1, 0, 0, 0)));
  return Buffer.concat([
    makeBox('ftyp', Buffer.from('isom'), words(0x200), Buffer.from('isomiso5')),
    makeBox('moov', parts.movie.bytes, makeBox('trak', parts.header.bytes, media), extends_),
  ]);
}
