/** A file of an archive; asked for when its turn comes. */
export interface ZipFile {
  readonly name: string;
  readonly size: number;
  bytes(): Uint8Array | Promise<Uint8Array>;
}

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let crc = n;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}

const most32 = 0xffffffff;
/** Data begins at such places, so that a reader may map it into memory (torch/csrc: `kFieldAlignment`). */
const alignment = 64;
/** 1 January 1980, midnight. */
const date = 0x0021;

/**
 * The bytes of a zip archive without compression, to be written one after the other (PKWARE APPNOTE 6.3; with its 64-bit
 * parts where an archive is larger than 4 GiB). A file must be smaller than that.
 */
export async function* zipBytes(files: readonly ZipFile[]): AsyncGenerator<Uint8Array> {
  const directory: Buffer[] = [];
  let at = 0;
  for (const file of files) {
    if (file.size >= most32)
      throw new Error(`${file.name} has ${file.size} bytes: too many for a zip file here`);
    const bytes = await file.bytes();
    if (bytes.length !== file.size) throw new Error(`${file.name}: ${bytes.length} bytes for ${file.size}`);
    const name = Buffer.from(file.name);
    const crc = crc32(bytes);
    const filled = 30 + name.length + 4;
    const padding = (alignment - ((at + filled) % alignment)) % alignment;
    const head = Buffer.alloc(filled + padding, 0);
    head.writeUInt32LE(0x04034b50, 0);
    writeCommon(head, 4, crc, file.size, name.length);
    head.writeUInt16LE(4 + padding, 28);
    name.copy(head, 30);
    // PyTorch's own id of padding.
    head.write('FB', 30 + name.length);
    head.writeUInt16LE(padding, 32 + name.length);
    directory.push(directoryEntry(name, crc, file.size, at));
    yield head;
    yield bytes;
    at += head.length + bytes.length;
  }
  const entries = Buffer.concat(directory);
  yield entries;
  yield end(files.length, entries.length, at);
}

/** What local head and directory entry have alike, from "version needed" on. */
function writeCommon(to: Buffer, at: number, crc: number, size: number, nameLength: number): void {
  to.writeUInt16LE(45, at);
  to.writeUInt16LE(0x0800, at + 2);
  to.writeUInt16LE(date, at + 8);
  to.writeUInt32LE(crc, at + 10);
  to.writeUInt32LE(size, at + 14);
  to.writeUInt32LE(size, at + 18);
  to.writeUInt16LE(nameLength, at + 22);
}

function directoryEntry(name: Buffer, crc: number, size: number, offset: number): Buffer {
  const far = offset >= most32;
  const entry = Buffer.alloc(46 + name.length + (far ? 12 : 0));
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(45, 4);
  writeCommon(entry, 6, crc, size, name.length);
  entry.writeUInt16LE(far ? 12 : 0, 30);
  entry.writeUInt32LE(far ? most32 : offset, 42);
  name.copy(entry, 46);
  if (far) {
    entry.writeUInt16LE(1, 46 + name.length);
    entry.writeUInt16LE(8, 48 + name.length);
    entry.writeBigUInt64LE(BigInt(offset), 50 + name.length);
  }
  return entry;
}

function end(count: number, length: number, offset: number): Buffer {
  const wide = Buffer.alloc(76);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(44n, 4);
  wide.writeUInt16LE(45, 12);
  wide.writeUInt16LE(45, 14);
  wide.writeBigUInt64LE(BigInt(count), 24);
  wide.writeBigUInt64LE(BigInt(count), 32);
  wide.writeBigUInt64LE(BigInt(length), 40);
  wide.writeBigUInt64LE(BigInt(offset), 48);
  wide.writeUInt32LE(0x07064b50, 56);
  wide.writeBigUInt64LE(BigInt(offset + length), 64);
  wide.writeUInt32LE(1, 72);
  const last = Buffer.alloc(22);
  last.writeUInt32LE(0x06054b50, 0);
  last.writeUInt16LE(Math.min(count, 0xffff), 8);
  last.writeUInt16LE(Math.min(count, 0xffff), 10);
  last.writeUInt32LE(Math.min(length, most32), 12);
  last.writeUInt32LE(Math.min(offset, most32), 16);
  const needed = offset >= most32 || length >= most32 || count >= 0xffff;
  return needed ? Buffer.concat([wide, last]) : last;
}
