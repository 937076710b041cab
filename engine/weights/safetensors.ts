import { corrupt, unsupported } from './problems.ts';
import { type OpenFile, openFile, type RandomAccessFile } from './random-access-file.ts';
import { elementCount, layouts } from './stored-types.ts';
import type { StoredType, TensorInfo, TensorSource } from './tensor-source.ts';
import { readAsFloat32 } from './to-float32.ts';

/** The format allows 100 MB, which as objects would be gigabytes; the largest known headers are below 1 MB. */
const largestHeader = 32 << 20;

const types: ReadonlyMap<string, StoredType> = new Map(
  (['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'I16', 'I8', 'U8', 'BOOL'] as const).map((type) => [
    type,
    type,
  ]),
);

interface Entry {
  readonly info: TensorInfo;
  /** Bytes from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

/**
 * Opens one .safetensors file. Its data must be covered exactly, without overlaps or gaps, as the format demands.
 * Throws ExpectedError 'file_missing', 'file_unreadable', 'file_corrupt' (naming the tensor), 'file_unsupported'.
 */
export async function openSafetensors(path: string, open: OpenFile = openFile): Promise<TensorSource> {
  const file = await open(path);
  try {
    const { entries, dataStart } = await readHeader(file);
    return {
      tensors: new Map([...entries].map(([name, entry]) => [name, entry.info])),
      read: async (name) => {
        const entry = entries.get(name);
        if (!entry) throw corrupt(path, `it has no tensor ${name}`);
        const count = elementCount(entry.info.shape) ?? 0;
        return readAsFloat32(file, dataStart + entry.begin, entry.info.type, count);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readHeader(
  file: RandomAccessFile,
): Promise<{ entries: ReadonlyMap<string, Entry>; dataStart: number }> {
  if (file.size < 8) throw corrupt(file.path, `it has ${file.size} bytes, too few for a header`);
  const prefix = await file.read(0, 8);
  const length = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (length > largestHeader || length > file.size - 8) {
    throw corrupt(file.path, `its header claims ${length} bytes`);
  }
  const text = new TextDecoder().decode(await file.read(8, length));
  const header = parseObject(file.path, text);
  const dataStart = 8 + length;
  const dataLength = file.size - dataStart;
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') entries.set(name, readEntry(file.path, name, value, dataLength));
  }
  checkCoverage(file.path, entries, dataLength);
  return { entries, dataStart };
}

function parseObject(path: string, text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw corrupt(path, 'its header is not JSON', error);
  }
  throw corrupt(path, 'its header is not a JSON object');
}

function readEntry(path: string, name: string, value: unknown, dataLength: number): Entry {
  const fields = typeof value === 'object' && value !== null ? value : {};
  const dtype = 'dtype' in fields ? fields.dtype : undefined;
  const shape: unknown = 'shape' in fields ? fields.shape : undefined;
  const offsets: unknown = 'data_offsets' in fields ? fields.data_offsets : undefined;
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !Array.isArray(offsets) || offsets.length !== 2) {
    throw corrupt(path, `the header's entry for ${name} is incomplete`);
  }
  const type = types.get(dtype);
  if (!type) throw unsupported(path, `stores ${name} as ${dtype}, which is not supported`);
  const count = elementCount(shape);
  const [begin, end]: unknown[] = offsets;
  if (count === null || typeof begin !== 'number' || typeof end !== 'number') {
    throw corrupt(path, `the shape or offsets of ${name} are not whole numbers`);
  }
  if (!Number.isSafeInteger(begin) || begin < 0 || !(begin <= end && end <= dataLength)) {
    throw corrupt(path, `${name} lies outside the file (bytes ${begin} to ${end} of ${dataLength})`);
  }
  if (end - begin !== count * layouts[type].bytes) {
    throw corrupt(path, `${name} has ${end - begin} bytes, its shape needs ${count * layouts[type].bytes}`);
  }
  return { info: { name, type, shape: shape.map(Number) }, begin, end };
}

function checkCoverage(path: string, entries: ReadonlyMap<string, Entry>, dataLength: number): void {
  const ordered = [...entries.values()].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { info, begin, end } of ordered) {
    if (begin < position) throw corrupt(path, `${info.name} overlaps the tensor before it`);
    if (begin > position) throw corrupt(path, `there is a gap before ${info.name}`);
    position = end;
  }
  if (position !== dataLength) throw corrupt(path, `${dataLength - position} bytes belong to no tensor`);
}
