import { isObject, type PickleHost } from './pickle.ts';
import type { Pickled, PickledOpaque, PickledStorage, PickledTensor } from './pickle-values.ts';
import { corrupt, unsupported } from './problems.ts';
import { elementCount } from './stored-types.ts';
import type { StoredType } from './tensor-source.ts';

/** Element type of each torch storage class (torch/storage.py). */
const storageTypes: ReadonlyMap<string, StoredType> = new Map([
  ['DoubleStorage', 'F64'],
  ['FloatStorage', 'F32'],
  ['HalfStorage', 'F16'],
  ['BFloat16Storage', 'BF16'],
  ['LongStorage', 'I64'],
  ['IntStorage', 'I32'],
  ['ShortStorage', 'I16'],
  ['CharStorage', 'I8'],
  ['ByteStorage', 'U8'],
  ['BoolStorage', 'BOOL'],
]);

const orderedDict = 'collections.OrderedDict';
const rebuildTensor = 'torch._utils._rebuild_tensor';
const rebuildTensor2 = 'torch._utils._rebuild_tensor_v2';
const rebuildParameter = 'torch._utils._rebuild_parameter';
const opaque: PickledOpaque = { kind: 'opaque' };

/** Names that may be called or stand for themselves but carry no weights. */
const opaqueNames: ReadonlySet<string> = new Set([
  'torch.Size',
  'torch.device',
  ...['float64', 'float32', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'].map(
    (type) => `torch.${type}`,
  ),
]);

/** The stored type behind `torch.FloatStorage` or `torch.cuda.FloatStorage`, or null. */
export function storageType(name: string): StoredType | null {
  const match = /^torch\.(?:cuda\.)?([A-Za-z0-9]+)$/.exec(name);
  return (match && storageTypes.get(match[1]!)) ?? null;
}

/** The rules for pickles that torch.save wrote: tensors, parameters, dictionaries; all else is refused by name. */
export function pytorchHost(
  path: string,
): PickleHost & { readonly storages: ReadonlyMap<string, PickledStorage> } {
  const storages = new Map<string, PickledStorage>();
  const refuse = (detail: string): Error => corrupt(path, detail);
  return {
    storages,
    refuse,
    global(name) {
      const allowed =
        name === orderedDict ||
        name === rebuildTensor ||
        name === rebuildTensor2 ||
        name === rebuildParameter ||
        opaqueNames.has(name) ||
        storageType(name) !== null;
      if (allowed) return { kind: 'global', name };
      throw unsupported(
        path,
        `asks for ${name.slice(0, 200)}, which is not among the things a weights file may hold, so it was not opened`,
        'Use a .safetensors file of the same model, or save only its state_dict.',
      );
    },
    call(name, args) {
      if (name === orderedDict) return dictionary(args, refuse);
      if (name === rebuildTensor || name === rebuildTensor2) return tensor(args, refuse);
      if (name === rebuildParameter) {
        const [data] = args;
        if (isObject(data) && data.kind === 'tensor') return data;
        throw refuse('a parameter in it is not a tensor');
      }
      if (opaqueNames.has(name)) return opaque;
      throw refuse(`its pickle calls ${name}`);
    },
    persistent(id) {
      const storage = toStorage(id, refuse);
      const known = storages.get(storage.key);
      if (known && (known.typeName !== storage.typeName || known.length !== storage.length)) {
        throw refuse(`it describes storage ${storage.key} twice and differently`);
      }
      storages.set(storage.key, known ?? storage);
      return known ?? storage;
    },
  };
}

type Refuse = PickleHost['refuse'];

/** `OrderedDict()` or `OrderedDict([[key, value], …])`. */
function dictionary(args: readonly Pickled[], refuse: Refuse): Pickled {
  const entries = new Map<Pickled, Pickled>();
  const [pairs] = args;
  if (pairs === undefined) return { kind: 'dict', entries };
  if (!isObject(pairs) || pairs.kind !== 'list') throw refuse('a dictionary in it is not made from pairs');
  for (const pair of pairs.items) {
    if (!isObject(pair) || (pair.kind !== 'list' && pair.kind !== 'tuple') || pair.items.length !== 2) {
      throw refuse('a dictionary in it is not made from pairs');
    }
    entries.set(pair.items[0]!, pair.items[1]!);
  }
  return { kind: 'dict', entries };
}

/** `('storage', class, key, location, element count[, view])` as torch.serialization's persistent_id writes it. */
function toStorage(id: Pickled, refuse: Refuse): PickledStorage {
  const items = isObject(id) && id.kind === 'tuple' ? id.items : [];
  const [tag, type, key, , length, viewOf] = items;
  const typeName = isObject(type) && type.kind === 'global' ? type.name : '';
  if (tag !== 'storage' || storageType(typeName) === null || typeof key !== 'string') {
    throw refuse('its pickle refers to something else than a storage');
  }
  if (typeof length !== 'number' || elementCount([length]) === null) {
    throw refuse(`storage ${key} has no valid length`);
  }
  if (viewOf !== undefined && viewOf !== null) throw refuse(`storage ${key} is a view into another`);
  return { kind: 'storage', key, typeName, length };
}

/** `_rebuild_tensor_v2(storage, offset, shape, strides, …)`, checked to lie within its storage. */
function tensor(args: readonly Pickled[], refuse: Refuse): PickledTensor {
  const [storage, offset, size, stride] = args;
  if (!isObject(storage) || storage.kind !== 'storage') throw refuse('a tensor in it has no storage');
  const shape = integers(size);
  const strides = integers(stride);
  const count = shape && elementCount(shape);
  if (typeof offset !== 'number' || !shape || !strides || count === null || strides.length !== shape.length) {
    throw refuse('a tensor in it has no valid shape');
  }
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, offset);
  const inside = offset >= 0 && strides.every((step) => step >= 0) && last < storage.length;
  if (count !== 0 && (!inside || count > storage.length)) {
    throw refuse(`a tensor of ${shape.join(' x ')} does not fit its storage of ${storage.length} elements`);
  }
  return { kind: 'tensor', storage, offset, shape, strides };
}

function integers(value: Pickled | undefined): readonly number[] | null {
  if (!isObject(value) || (value.kind !== 'tuple' && value.kind !== 'list')) return null;
  const numbers = value.items.flatMap((item) =>
    typeof item === 'number' && Number.isSafeInteger(item) ? [item] : [],
  );
  return numbers.length === value.items.length ? numbers : null;
}
