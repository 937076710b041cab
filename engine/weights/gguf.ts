import type { ByteReader } from './byte-reader.ts';
import { type GgufMetadata, readMetadata, readString } from './gguf-metadata.ts';
import { parseHead } from './parse-head.ts';
import { corrupt, unsupported } from './problems.ts';
import { type OpenFile, openFile } from './random-access-file.ts';
import { elementCount, layouts } from './stored-types.ts';
import type { StoredType, TensorInfo, TensorSource } from './tensor-source.ts';
import { readAsFloat32 } from './to-float32.ts';

export interface GgufSource extends TensorSource {
  readonly metadata: GgufMetadata;
}

/** `ggml_type` numbers that are read. */
const types: ReadonlyMap<number, StoredType> = new Map([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [8, 'Q8_0'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [30, 'BF16'],
]);

/** `ggml_type` numbers that are not, to name them. */
const otherTypes: ReadonlyMap<number, string> = new Map([
  [9, 'Q8_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
]);

const mostDimensions = 4;
/** No known model comes near; each takes far more memory than the bytes that name it. */
const mostTensors = 200_000;

interface Entry {
  readonly info: TensorInfo;
  readonly elements: number;
  readonly bytes: number;
  /** From the start of the tensor data. */
  readonly offset: number;
}

interface Head {
  readonly metadata: GgufMetadata;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly dataStart: number;
}

/**
 * Opens a GGUF file, version 2 or 3 little endian (ggml/docs/gguf.md). Shapes come out in PyTorch's order.
 * Throws ExpectedError 'file_missing', 'file_unreadable', 'file_corrupt', 'file_unsupported'.
 */
export async function openGguf(path: string, open: OpenFile = openFile): Promise<GgufSource> {
  const file = await open(path);
  try {
    const head = await parseHead(file, (reader) => readHead(reader, path, file.size));
    return {
      metadata: head.metadata,
      tensors: new Map([...head.entries].map(([name, entry]) => [name, entry.info])),
      read: async (name) => {
        const entry = head.entries.get(name);
        if (!entry) throw corrupt(path, `it has no tensor ${name}`);
        return readAsFloat32(file, head.dataStart + entry.offset, entry.info.type, entry.elements);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function readHead(reader: ByteReader, path: string, size: number): Head {
  if (reader.text(4) !== 'GGUF') throw corrupt(path, 'it does not begin with GGUF');
  const version = reader.u32();
  if (version !== 2 && version !== 3) {
    throw unsupported(
      path,
      `is GGUF version ${version}${version > 0xffff ? ' (big endian)' : ''}, not 2 or 3`,
    );
  }
  const tensorCount = reader.u64();
  const pairCount = reader.u64();
  // The least a tensor takes: empty name 8, dimension count 4, type 4, offset 8. A pair: empty key 8, type 4, value 1.
  if (tensorCount > mostTensors || tensorCount * 24 + pairCount * 13 > size) {
    throw corrupt(path, `it claims ${tensorCount} tensors and ${pairCount} metadata entries`);
  }
  const metadata = readMetadata(reader, pairCount, path, size);
  const parts = metadata.get('split.count');
  if (typeof parts === 'number' && parts > 1) {
    throw unsupported(path, `is one of ${parts} parts of a model`, 'Join the parts with gguf-split --merge.');
  }
  const entries = new Map<string, Entry>();
  for (let i = 0; i < tensorCount; i++) {
    const entry = readEntry(reader, path, size);
    if (entries.has(entry.info.name)) throw corrupt(path, `it has ${entry.info.name} twice`);
    entries.set(entry.info.name, entry);
  }
  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || alignment < 1 || alignment > 1 << 20 || !Number.isInteger(alignment)) {
    throw corrupt(path, 'its alignment is not a number of bytes');
  }
  const dataStart = Math.ceil(reader.position / alignment) * alignment;
  checkPlaces(path, entries, size - dataStart, alignment);
  return { metadata, entries, dataStart };
}

function readEntry(reader: ByteReader, path: string, size: number): Entry {
  const name = readString(reader, path, size);
  const rank = reader.u32();
  if (rank > mostDimensions) throw corrupt(path, `${name} has ${rank} dimensions`);
  const dimensions: number[] = [];
  for (let i = 0; i < rank; i++) dimensions.push(reader.u64());
  const typeNumber = reader.u32();
  const offset = reader.u64();
  const type = types.get(typeNumber);
  if (!type) {
    throw unsupported(
      path,
      `stores ${name} as ${otherTypes.get(typeNumber) ?? `type ${typeNumber}`}, which is not supported`,
      'Use a Q4_K_M, Q5_K_M, Q6_K, Q8_0 or F16 file of the same model.',
    );
  }
  const elements = elementCount(dimensions);
  const layout = layouts[type];
  if (elements === null || (dimensions[0] ?? 1) % layout.elements !== 0) {
    throw corrupt(path, `the shape of ${name}, ${dimensions.join(' x ')}, does not fit its type ${type}`);
  }
  return {
    info: { name, type, shape: dimensions.reverse() },
    elements,
    bytes: (elements / layout.elements) * layout.bytes,
    offset,
  };
}

function checkPlaces(
  path: string,
  entries: ReadonlyMap<string, Entry>,
  dataLength: number,
  alignment: number,
): void {
  const ordered = [...entries.values()].sort((a, b) => a.offset - b.offset);
  let position = 0;
  for (const { info, offset, bytes } of ordered) {
    if (offset % alignment !== 0) throw corrupt(path, `${info.name} is not aligned to ${alignment} bytes`);
    if (offset < position) throw corrupt(path, `${info.name} overlaps the tensor before it`);
    position = offset + bytes;
    if (!(position <= dataLength)) throw corrupt(path, `${info.name} lies outside the file`);
  }
}
