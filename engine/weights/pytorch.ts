import { ByteReader, OutOfBytes } from './byte-reader.ts';
import { parseHead } from './parse-head.ts';
import { readPickle } from './pickle.ts';
import type { PickledTensor } from './pickle-values.ts';
import { corrupt, unsupported } from './problems.ts';
import { nameTensors } from './pytorch-names.ts';
import { pytorchHost, storageType } from './pytorch-pickle.ts';
import { type OpenFile, openFile, type RandomAccessFile } from './random-access-file.ts';
import { elementCount, layouts } from './stored-types.ts';
import type { StoredType, TensorInfo, TensorSource } from './tensor-source.ts';
import { convertToFloat32, readAsFloat32 } from './to-float32.ts';
import { readZip, type Zip, type ZipEntry } from './zip.ts';

/** The magic number of torch.save before 1.6 (torch/serialization.py, MAGIC_NUMBER). */
const legacyMagic = 0x1950a86a20f9469cfc6cn;
const largestPickle = 128 << 20;

/** Elements `start` to `start + count` of a storage as float32. */
type ReadStorage = (key: string, type: StoredType, start: number, count: number) => Promise<Float32Array>;

interface Opened {
  readonly tensors: ReadonlyMap<string, PickledTensor>;
  readonly readStorage: ReadStorage;
}

/**
 * Opens a file that torch.save wrote (.pt, .pth, .bin): a zip archive (1.6 and later) or the older plain form.
 * The pickle in it is interpreted, never executed (see pytorch-pickle.ts for what is allowed); tensors in nested
 * dictionaries get dotted names. Memory: one tensor at a time.
 * Throws ExpectedError 'file_missing', 'file_unreadable', 'file_corrupt', 'file_unsupported' (naming a refused global).
 */
export async function openPytorch(path: string, open: OpenFile = openFile): Promise<TensorSource> {
  const file = await open(path);
  try {
    const start = await file.read(0, Math.min(2, file.size));
    const zipped = start[0] === 0x50 && start[1] === 0x4b;
    const { tensors, readStorage } = zipped ? await openZipped(file) : await openLegacy(file);
    if (tensors.size === 0) throw unsupported(path, 'holds no named tensors');
    return {
      tensors: new Map([...tensors].map(([name, tensor]) => [name, describe(name, tensor)])),
      read: async (name) => {
        const tensor = tensors.get(name);
        if (!tensor) throw corrupt(path, `it has no tensor ${name}`);
        return readTensor(tensor, readStorage);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function describe(name: string, tensor: PickledTensor): TensorInfo {
  return { name, type: typeOf(tensor), shape: tensor.shape };
}

function typeOf(tensor: PickledTensor): StoredType {
  const type = storageType(tensor.storage.typeName);
  if (type === null) throw new Error(`storage type ${tensor.storage.typeName} was allowed but is not known`);
  return type;
}

async function openZipped(file: RandomAccessFile): Promise<Opened> {
  const zip = await readZip(file);
  const pickles = [...zip.entries.values()].filter(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name));
  const pickle = pickles[0];
  if (!pickle || pickles.length > 1) throw unsupported(file.path, 'is a zip archive without one data.pkl');
  const root = pickle.name.slice(0, -'data.pkl'.length);
  const order = zip.entries.get(`${root}byteorder`);
  if (order && new TextDecoder().decode(await zip.read(order, 0, order.size & 15)) !== 'little') {
    throw unsupported(file.path, 'was written on a big-endian machine');
  }
  if (pickle.size > largestPickle) throw corrupt(file.path, `its pickle has ${pickle.size} bytes`);
  const host = pytorchHost(file.path);
  const tensors = nameTensors(readWhole(await zip.read(pickle, 0, pickle.size), file.path, host), file.path);
  const entries = new Map<string, ZipEntry>();
  for (const { key, typeName, length } of host.storages.values()) {
    const entry = zip.entries.get(`${root}data/${key}`);
    const type = storageType(typeName);
    if (!entry || type === null || length * layouts[type].bytes > entry.size) {
      throw corrupt(file.path, `storage ${key} is missing or shorter than ${length} elements`);
    }
    entries.set(key, entry);
  }
  return { tensors, readStorage: (key, ...range) => readEntry(file, zip, entries.get(key), ...range) };
}

function readWhole(bytes: Uint8Array, path: string, host: ReturnType<typeof pytorchHost>) {
  try {
    return readPickle(new ByteReader(bytes), host);
  } catch (error) {
    throw error instanceof OutOfBytes ? corrupt(path, 'its pickle is cut short', error) : error;
  }
}

async function readEntry(
  file: RandomAccessFile,
  zip: Zip,
  entry: ZipEntry | undefined,
  type: StoredType,
  start: number,
  count: number,
): Promise<Float32Array> {
  if (!entry) throw corrupt(file.path, 'a storage is missing');
  const { bytes } = layouts[type];
  if (entry.method === 'stored') {
    return readAsFloat32(file, (await zip.dataOffset(entry)) + start * bytes, type, count);
  }
  const raw = await zip.read(entry, start * bytes, count * bytes);
  const out = new Float32Array(count);
  convertToFloat32(type, raw, out, 0);
  return out;
}

/**
 * Before 1.6: five pickles (magic, protocol, system, object, storage keys), then for each key its element count
 * (8 bytes) and its elements (torch/serialization.py, `_legacy_save`).
 */
async function openLegacy(file: RandomAccessFile): Promise<Opened> {
  const { tensors, keys, storages, end } = await parseHead(file, (reader) => {
    const host = pytorchHost(file.path);
    if (readPickle(reader, host) !== legacyMagic) {
      throw unsupported(file.path, 'is a pickle, but not one that torch.save wrote');
    }
    readPickle(reader, host);
    readPickle(reader, host);
    const root = readPickle(reader, host);
    const list = readPickle(reader, host);
    const items =
      typeof list === 'object' && list !== null && 'kind' in list && list.kind === 'list' ? list.items : [];
    return {
      tensors: nameTensors(root, file.path),
      keys: items.map(String),
      storages: host.storages,
      end: reader.position,
    };
  });
  const places = new Map<string, number>();
  let position = end;
  for (const key of keys) {
    const storage = storages.get(key);
    const type = storage && storageType(storage.typeName);
    if (!storage || !type)
      throw corrupt(file.path, `it has a storage ${key.slice(0, 80)} that no tensor uses`);
    const length = new DataView((await file.read(position, 8)).buffer).getBigInt64(0, true);
    if (length !== BigInt(storage.length)) throw corrupt(file.path, `storage ${key} has ${length} elements`);
    places.set(key, position + 8);
    position += 8 + storage.length * layouts[type].bytes;
    if (position > file.size) throw corrupt(file.path, `storage ${key} lies outside the file`);
  }
  for (const key of storages.keys()) {
    if (!places.has(key)) throw corrupt(file.path, `storage ${key} is missing`);
  }
  return {
    tensors,
    readStorage: (key, type, start, count) =>
      readAsFloat32(file, (places.get(key) ?? 0) + start * layouts[type].bytes, type, count),
  };
}

/** Row-major copy of a tensor, whatever its strides. */
async function readTensor(tensor: PickledTensor, readStorage: ReadStorage): Promise<Float32Array> {
  const { shape, strides, offset, storage } = tensor;
  const count = elementCount(shape) ?? 0;
  if (count === 0) return new Float32Array(0);
  const span = 1 + shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, 0);
  const data = await readStorage(storage.key, typeOf(tensor), offset, span);
  if (isContiguous(shape, strides)) return data;
  const out = new Float32Array(count);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    out[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      index[axis] = index[axis]! + 1;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}
