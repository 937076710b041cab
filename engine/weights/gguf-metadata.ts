import { type ByteReader, OutOfBytes } from './byte-reader.ts';
import { corrupt } from './problems.ts';

export type GgufValue = number | boolean | string | readonly GgufValue[];

/** What a GGUF file says about itself: `llama.block_count`, `tokenizer.ggml.tokens`, … */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

const arrayType = 9;
const deepestArray = 3;

/**
 * Reads `count` key-value pairs (ggml/docs/gguf.md). `limit` is the file's size in bytes: no count in the file may
 * exceed what could still follow. Throws OutOfBytes when the buffer ends first, ExpectedError 'file_corrupt'.
 */
export function readMetadata(reader: ByteReader, count: number, path: string, limit: number): GgufMetadata {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = readString(reader, path, limit);
    if (metadata.has(key)) throw corrupt(path, `its metadata has ${key} twice`);
    metadata.set(key, readValue(reader, reader.u32(), path, limit, 0));
  }
  return metadata;
}

/** A length-prefixed UTF-8 string. */
export function readString(reader: ByteReader, path: string, limit: number): string {
  return reader.text(checkedCount(reader, reader.u64(), 1, path, limit));
}

function readValue(reader: ByteReader, type: number, path: string, limit: number, depth: number): GgufValue {
  switch (type) {
    case 0:
      return reader.u8();
    case 1:
      return reader.i8();
    case 2:
      return reader.u16();
    case 3:
      return reader.i16();
    case 4:
      return reader.u32();
    case 5:
      return reader.i32();
    case 6:
      return reader.f32();
    case 7:
      return reader.u8() !== 0;
    case 8:
      return readString(reader, path, limit);
    case arrayType:
      return readArray(reader, path, limit, depth);
    case 10:
      return reader.u64();
    case 11:
      return reader.i64();
    case 12:
      return reader.f64();
    default:
      throw corrupt(path, `its metadata has a value of unknown type ${type}`);
  }
}

/** Smallest size in bytes of an element of each value type. */
const leastBytes = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];

function readArray(reader: ByteReader, path: string, limit: number, depth: number): readonly GgufValue[] {
  if (depth >= deepestArray) throw corrupt(path, 'its metadata nests arrays too deeply');
  const type = reader.u32();
  const count = checkedCount(reader, reader.u64(), leastBytes[type] ?? 1, path, limit);
  const values: GgufValue[] = [];
  for (let i = 0; i < count; i++) values.push(readValue(reader, type, path, limit, depth + 1));
  return values;
}

/** `count` items of at least `bytes` each must fit in the file; when they do, but not in the buffer: OutOfBytes. */
function checkedCount(reader: ByteReader, count: number, bytes: number, path: string, limit: number): number {
  if (!Number.isSafeInteger(count) || reader.position + count * bytes > limit) {
    throw corrupt(path, `its metadata claims ${count} items, more than the file has room for`);
  }
  if (!reader.has(count * bytes)) throw new OutOfBytes();
  return count;
}
