import { type ByteReader, OutOfBytes } from './byte-reader.ts';
import { corrupt } from './problems.ts';

export type GgufValue = number | boolean | string | readonly GgufValue[];

/** What a GGUF file says about itself: `llama.block_count`, `tokenizer.ggml.tokens`, … */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

const arrayType = 9;
const deepestArray = 3;
/** Values of all arrays together: eight times a vocabulary of half a million with scores, types and merges. */
const mostValues = 16_000_000;

/**
 * Reads `count` key-value pairs (ggml/docs/gguf.md). `limit` is the file's size in bytes: no count in the file may
 * exceed what could still follow. Throws OutOfBytes when the buffer ends first, ExpectedError 'file_corrupt'.
 */
export function readMetadata(reader: ByteReader, count: number, path: string, limit: number): GgufMetadata {
  const metadata = new Map<string, GgufValue>();
  const place: Place = { reader, path, limit, values: 0 };
  for (let i = 0; i < count; i++) {
    const key = readText(place);
    if (metadata.has(key)) throw corrupt(path, `its metadata has ${key} twice`);
    metadata.set(key, readValue(place, reader.u32(), 0));
  }
  return metadata;
}

/** A length-prefixed UTF-8 string. */
export function readString(reader: ByteReader, path: string, limit: number): string {
  return readText({ reader, path, limit });
}

interface Place {
  readonly reader: ByteReader;
  readonly path: string;
  readonly limit: number;
  /** In arrays, so far. */
  values: number;
}

function readText(place: Omit<Place, 'values'>): string {
  return place.reader.text(checkedCount(place, place.reader.u64(), 1));
}

function readValue(place: Place, type: number, depth: number): GgufValue {
  const { reader } = place;
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
      return readText(place);
    case arrayType:
      return readArray(place, depth);
    case 10:
      return reader.u64();
    case 11:
      return reader.i64();
    case 12:
      return reader.f64();
    default:
      throw corrupt(place.path, `its metadata has a value of unknown type ${type}`);
  }
}

/** Smallest size in bytes of an element of each value type. */
const leastBytes = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];

function readArray(place: Place, depth: number): readonly GgufValue[] {
  const { reader, path } = place;
  if (depth >= deepestArray) throw corrupt(path, 'its metadata nests arrays too deeply');
  const type = reader.u32();
  const count = checkedCount(place, reader.u64(), leastBytes[type] ?? 1);
  place.values += count;
  if (place.values > mostValues) throw corrupt(path, `its metadata has more than ${mostValues} values`);
  const values: GgufValue[] = [];
  for (let i = 0; i < count; i++) values.push(readValue(place, type, depth + 1));
  return values;
}

/** `count` items of at least `bytes` each must fit in the file; when they do, but not in the buffer: OutOfBytes. */
function checkedCount({ reader, path, limit }: Omit<Place, 'values'>, count: number, bytes: number): number {
  if (!Number.isSafeInteger(count) || reader.position + count * bytes > limit) {
    throw corrupt(path, `its metadata claims ${count} items, more than the file has room for`);
  }
  if (!reader.has(count * bytes)) throw new OutOfBytes();
  return count;
}
