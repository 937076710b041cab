import type { FileHandle } from 'node:fs/promises';

const block = 512;
/** POSIX pax headers and GNU's long names: a reader takes each into memory whole, whatever size it claims. */
const extensions = new Set(['x', 'g', 'L', 'K']);

/**
 * Whether a tar holds extended headers, found by hopping from header to header: ours never do, and one that claims
 * gigabytes would be read into memory. Stops at what is no header: the reader says what is wrong there.
 */
export async function hasExtendedHeaders(file: FileHandle, size: number): Promise<boolean> {
  const header = Buffer.alloc(block);
  for (let at = 0; at + block <= size; ) {
    await file.read(header, 0, block, at);
    if (extensions.has(String.fromCharCode(header[156]!))) return true;
    const length = sizeOf(header);
    if (length === null) return false;
    at += block + Math.ceil(length / block) * block;
  }
  return false;
}

/** Twelve bytes at 124: octal digits, or a big-endian number behind 0x80. Null for anything else. */
function sizeOf(header: Buffer): number | null {
  const field = header.subarray(124, 136);
  if (field[0] === 0x80) {
    const value = field.readUIntBE(6, 6);
    return Number.isSafeInteger(value) ? value : null;
  }
  const digits = /^[ 0]*([0-7]*)[ \0]*$/.exec(field.toString('latin1'));
  return digits && header.some((byte) => byte !== 0) ? Number.parseInt(digits[1] || '0', 8) : null;
}
