import { createInflateRaw } from 'node:zlib';
import { corrupt, unsupported } from './problems.ts';
import { allocate, type RandomAccessFile } from './random-access-file.ts';

export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  readonly crc32: number;
  /** Bytes in the archive. */
  readonly packedSize: number;
  /** Bytes when unpacked. */
  readonly size: number;
  readonly headerOffset: number;
  /** A symbolic link: its bytes are where it leads to. */
  readonly link: boolean;
}

export interface Zip {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** Bytes `start` to `start + length` of an entry; a deflated entry is inflated up to there and no further. */
  read(entry: ZipEntry, start: number, length: number): Promise<Uint8Array>;
  /** The whole entry in pieces, in order. */
  stream(entry: ZipEntry): AsyncGenerator<Uint8Array, void, void>;
  /** Where a stored entry's bytes begin in the archive. */
  dataOffset(entry: ZipEntry): Promise<number>;
}

const endRecord = 0x06054b50;
const end64Locator = 0x07064b50;
const end64Record = 0x06064b50;
const centralRecord = 0x02014b50;
const localRecord = 0x04034b50;
const longestComment = 0xffff;
/** Half a million entries with the names that torch.save gives. */
const largestDirectory = 64 << 20;
const pieceBytes = 1 << 20;
/** Deflate cannot do better than 1032 : 1; weights do not come near 64 : 1, so more is an attack on the memory. */
const highestRatio = 64;
const alwaysAllowed = 64 << 20;

/**
 * Reads the directory of a zip archive (PKWARE APPNOTE 6.3.9): stored and deflated entries, zip64; no encryption,
 * no parts. Every offset and size is checked against the file. Throws ExpectedError 'file_corrupt', 'file_unsupported'.
 */
export async function readZip(file: RandomAccessFile): Promise<Zip> {
  const directory = await findDirectory(file);
  const bytes = await file.read(directory.offset, directory.size);
  const entries = parseDirectory(file, bytes, directory.count);
  return {
    entries,
    read: (entry, start, length) => readPart(file, entry, start, length),
    stream: (entry) => streamEntry(file, entry),
    dataOffset: (entry) => dataOffset(file, entry),
  };
}

interface Directory {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

async function findDirectory(file: RandomAccessFile): Promise<Directory> {
  const tailStart = Math.max(0, file.size - longestComment - 22);
  const tail = view(await file.read(tailStart, file.size - tailStart));
  let at = tail.byteLength - 22;
  while (at >= 0 && tail.getUint32(at, true) !== endRecord) at--;
  if (at < 0) throw corrupt(file.path, 'it has no zip directory (cut short?)');
  const count = tail.getUint16(at + 10, true);
  const size = tail.getUint32(at + 12, true);
  const offset = tail.getUint32(at + 16, true);
  if (count !== 0xffff && size !== 0xffffffff && offset !== 0xffffffff) {
    return checked(file, { offset, size, count });
  }
  if (at < 20 || tail.getUint32(at - 20, true) !== end64Locator)
    return checked(file, { offset, size, count });
  const record = view(await file.read(wide(tail, at - 20 + 8), 56));
  if (record.getUint32(0, true) !== end64Record) throw corrupt(file.path, 'its zip64 record is missing');
  return checked(file, { count: wide(record, 32), size: wide(record, 40), offset: wide(record, 48) });
}

function checked(file: RandomAccessFile, directory: Directory): Directory {
  const { count, size, offset } = directory;
  if (count * 46 > size || size > largestDirectory || !(offset + size <= file.size)) {
    throw corrupt(file.path, `its zip directory claims ${count} entries in ${size} bytes`);
  }
  return directory;
}

function parseDirectory(file: RandomAccessFile, bytes: Uint8Array, count: number): Map<string, ZipEntry> {
  const fields = view(bytes);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.byteLength || fields.getUint32(at, true) !== centralRecord) {
      throw corrupt(file.path, `entry ${i} of its zip directory is damaged`);
    }
    const nameLength = fields.getUint16(at + 28, true);
    const extraLength = fields.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + fields.getUint16(at + 32, true);
    if (next > bytes.byteLength) throw corrupt(file.path, `entry ${i} of its zip directory is cut short`);
    const entry = parseEntry(file, bytes, at, nameLength, extraLength);
    if (entries.has(entry.name)) throw corrupt(file.path, `it has ${entry.name} twice`);
    entries.set(entry.name, entry);
    at = next;
  }
  return entries;
}

function parseEntry(
  file: RandomAccessFile,
  bytes: Uint8Array,
  at: number,
  nameLength: number,
  extraLength: number,
): ZipEntry {
  const fields = view(bytes);
  const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
  if (fields.getUint16(at + 8, true) & 1) throw unsupported(file.path, `holds ${name} encrypted`);
  const methodNumber = fields.getUint16(at + 10, true);
  if (methodNumber !== 0 && methodNumber !== 8) {
    throw unsupported(file.path, `packs ${name} with zip method ${methodNumber}`);
  }
  let packedSize = fields.getUint32(at + 20, true);
  let size = fields.getUint32(at + 24, true);
  let headerOffset = fields.getUint32(at + 42, true);
  const extraEnd = at + 46 + nameLength + extraLength;
  for (let extra = at + 46 + nameLength; extra + 4 <= extraEnd; ) {
    const length = fields.getUint16(extra + 2, true);
    if (fields.getUint16(extra, true) === 1) {
      // Zip64: 8 bytes for each field above that is all ones, in this order.
      let p = extra + 4;
      const last = Math.min(extraEnd, p + length) - 8;
      if (size === 0xffffffff && p <= last) {
        size = wide(fields, p);
        p += 8;
      }
      if (packedSize === 0xffffffff && p <= last) {
        packedSize = wide(fields, p);
        p += 8;
      }
      if (headerOffset === 0xffffffff && p <= last) headerOffset = wide(fields, p);
    }
    extra += 4 + length;
  }
  const method = methodNumber === 0 ? 'stored' : 'deflated';
  if (!(headerOffset + 30 + packedSize <= file.size))
    throw corrupt(file.path, `${name} lies outside the file`);
  if (method === 'stored' ? size !== packedSize : size > Math.max(alwaysAllowed, packedSize * highestRatio)) {
    throw corrupt(file.path, `${name} claims ${size} bytes out of ${packedSize}`);
  }
  // Unix permissions are in the upper half of the external attributes; their kind 10 is a link.
  const link = fields.getUint16(at + 40, true) >>> 12 === 10;
  return { name, method, crc32: fields.getUint32(at + 16, true), packedSize, size, headerOffset, link };
}

async function dataOffset(file: RandomAccessFile, entry: ZipEntry): Promise<number> {
  const header = view(await file.read(entry.headerOffset, 30));
  if (header.getUint32(0, true) !== localRecord) {
    throw corrupt(file.path, `${entry.name} is not where the directory says`);
  }
  const start = entry.headerOffset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + entry.packedSize > file.size) throw corrupt(file.path, `${entry.name} is cut short`);
  return start;
}

async function readPart(
  file: RandomAccessFile,
  entry: ZipEntry,
  start: number,
  length: number,
): Promise<Uint8Array> {
  if (!(start + length <= entry.size)) throw corrupt(file.path, `${entry.name} has only ${entry.size} bytes`);
  if (entry.method === 'stored') return file.read((await dataOffset(file, entry)) + start, length);
  const part = allocate(file.path, length, () => new Uint8Array(length));
  let position = 0;
  for await (const piece of streamEntry(file, entry)) {
    const from = Math.max(0, start - position);
    const to = Math.min(piece.byteLength, start + length - position);
    if (from < to) part.set(piece.subarray(from, to), position + from - start);
    position += piece.byteLength;
    if (position >= start + length) break;
  }
  return part;
}

async function* streamEntry(file: RandomAccessFile, entry: ZipEntry): AsyncGenerator<Uint8Array, void, void> {
  const start = await dataOffset(file, entry);
  const packed = pieces(file, start, entry.packedSize);
  if (entry.method === 'stored') {
    yield* packed;
    return;
  }
  const inflate = createInflateRaw();
  const feeding = feed(packed, inflate);
  let total = 0;
  try {
    for await (const piece of inflate as AsyncIterable<Uint8Array>) {
      total += piece.byteLength;
      if (total > entry.size) throw corrupt(file.path, `${entry.name} is longer than the directory says`);
      yield piece;
    }
    await feeding;
  } catch (error) {
    const zlib = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
    throw zlib ? corrupt(file.path, `${entry.name} does not inflate`, error) : error;
  } finally {
    inflate.destroy();
  }
  if (total !== entry.size) throw corrupt(file.path, `${entry.name} has ${total} bytes, not ${entry.size}`);
}

/** Writes the pieces with back-pressure; ends quietly when the reader has gone. */
async function feed(
  packed: AsyncGenerator<Uint8Array, void, void>,
  inflate: ReturnType<typeof createInflateRaw>,
): Promise<void> {
  try {
    for await (const piece of packed) {
      if (inflate.destroyed) return;
      // Called once the piece is inflated and read, or with an error when the reader has gone.
      await new Promise<void>((resolve) => void inflate.write(piece, () => resolve()));
    }
    if (!inflate.destroyed) inflate.end();
  } catch (error) {
    inflate.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

async function* pieces(
  file: RandomAccessFile,
  start: number,
  length: number,
): AsyncGenerator<Uint8Array, void, void> {
  for (let done = 0; done < length; done += pieceBytes) {
    yield await file.read(start + done, Math.min(pieceBytes, length - done));
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function wide(fields: DataView, at: number): number {
  return Number(fields.getBigUint64(at, true));
}
