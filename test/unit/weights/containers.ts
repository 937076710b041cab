import { crc32, deflateRawSync } from 'node:zlib';

/** Small writers of each container, for tests only: what they write is what the formats' documents say. */

export interface Plain {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const u16 = (value: number): Buffer => Buffer.from(new Uint16Array([value]).buffer);
const u32 = (value: number): Buffer => Buffer.from(new Uint32Array([value]).buffer);
const u64 = (value: number | bigint): Buffer => Buffer.from(new BigUint64Array([BigInt(value)]).buffer);
const f32 = (values: readonly number[]): Buffer => Buffer.from(new Float32Array(values).buffer);

export function safetensors(tensors: readonly Plain[], edit: (header: string) => string = (h) => h): Buffer {
  const header: Record<string, unknown> = {};
  let at = 0;
  for (const { name, shape, values } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + values.length * 4] };
    at += values.length * 4;
  }
  const json = Buffer.from(edit(JSON.stringify(header)));
  return Buffer.concat([u64(json.length), json, ...tensors.map(({ values }) => f32(values))]);
}

const ggufString = (text: string): Buffer => Buffer.concat([u64(Buffer.byteLength(text)), Buffer.from(text)]);

export type GgufMade = string | number | readonly string[] | readonly number[];

/** `shape` is PyTorch's; it is written reversed. Metadata: strings, numbers (u32), lists of strings and of numbers (f32). */
export function gguf(
  metadata: ReadonlyMap<string, GgufMade>,
  tensors: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly type: number;
    readonly raw: Uint8Array;
  }[],
): Buffer {
  const pairs = [...metadata].map(([key, value]) => {
    if (typeof value === 'string') return Buffer.concat([ggufString(key), u32(8), ggufString(value)]);
    if (typeof value === 'number') return Buffer.concat([ggufString(key), u32(4), u32(value)]);
    const numbers = value.filter((item) => typeof item === 'number');
    const items = numbers.length > 0 ? [f32(numbers)] : value.map((item) => ggufString(String(item)));
    const type = numbers.length > 0 ? 6 : 8;
    return Buffer.concat([ggufString(key), u32(9), u32(type), u64(value.length), ...items]);
  });
  let offset = 0;
  const padding = (length: number): number => (32 - (length % 32)) % 32;
  const infos = tensors.map(({ name, shape, type, raw }) => {
    const dimensions = [...shape].reverse().map(u64);
    const info = Buffer.concat([ggufString(name), u32(shape.length), ...dimensions, u32(type), u64(offset)]);
    offset += raw.length + padding(raw.length);
    return info;
  });
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(metadata.size),
    ...pairs,
    ...infos,
  ]);
  const data = tensors.map(({ raw }) => Buffer.concat([raw, Buffer.alloc(padding(raw.length))]));
  return Buffer.concat([head, Buffer.alloc(padding(head.length)), ...data]);
}

/** `zip64` writes sizes and offsets in the extra field and the zip64 end records. */
export function zip(
  entries: readonly {
    readonly name: string;
    readonly data: Buffer;
    readonly deflate?: boolean;
    /** Unix permissions and kind of file. */
    readonly mode?: number;
  }[],
  zip64 = false,
): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, data, deflate, mode = 0 } of entries) {
    const packed = deflate ? deflateRawSync(data) : data;
    const nameBytes = Buffer.from(name);
    const method = u16(deflate ? 8 : 0);
    const sum = u32(crc32(data));
    const sizes = zip64 ? [u32(0xffffffff), u32(0xffffffff)] : [u32(packed.length), u32(data.length)];
    const extra = zip64
      ? Buffer.concat([u16(1), u16(24), u64(data.length), u64(packed.length), u64(at)])
      : Buffer.alloc(0);
    const local = Buffer.concat([u32(0x04034b50), u16(45), u16(0), method, u32(0), sum, ...sizes]);
    parts.push(local, u16(nameBytes.length), u16(0), nameBytes, packed);
    central.push(
      Buffer.concat([u32(0x02014b50), u16(45), u16(45), u16(0), method, u32(0), sum, ...sizes]),
      Buffer.concat([u16(nameBytes.length), u16(extra.length), u16(0), u16(0), u16(0), u16(0), u16(mode)]),
      Buffer.concat([u32(zip64 ? 0xffffffff : at), nameBytes, extra]),
    );
    at += local.length + 4 + nameBytes.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const count = entries.length;
  const end64 = zip64
    ? Buffer.concat([
        Buffer.concat([u32(0x06064b50), u64(44), u16(45), u16(45), u32(0), u32(0), u64(count), u64(count)]),
        Buffer.concat([u64(directory.length), u64(at)]),
        Buffer.concat([u32(0x07064b50), u32(0), u64(at + directory.length), u32(1)]),
      ])
    : Buffer.alloc(0);
  const plainCount = u16(zip64 ? 0xffff : count);
  const end = Buffer.concat([u32(0x06054b50), u16(0), u16(0), plainCount, plainCount]);
  const place = zip64 ? [u32(0xffffffff), u32(0xffffffff)] : [u32(directory.length), u32(at)];
  return Buffer.concat([...parts, directory, end64, end, ...place, u16(0)]);
}

/** A value as pickle opcodes, protocol 2. */
export type Code = Buffer;

export const pickled = {
  program: (...codes: readonly Code[]): Code =>
    Buffer.concat([Buffer.from([0x80, 2]), ...codes, Buffer.from('.')]),
  text: (text: string): Code =>
    Buffer.concat([Buffer.from('X'), u32(Buffer.byteLength(text)), Buffer.from(text)]),
  integer: (value: number): Code => Buffer.concat([Buffer.from('J'), u32(value)]),
  tuple: (...items: readonly Code[]): Code => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]),
  list: (...items: readonly Code[]): Code => Buffer.concat([Buffer.from(']('), ...items, Buffer.from('e')]),
  dict: (...pairs: readonly (readonly [Code, Code])[]): Code =>
    Buffer.concat([Buffer.from('}('), ...pairs.flat(), Buffer.from('u')]),
  global: (module: string, name: string): Code => Buffer.from(`c${module}\n${name}\n`),
  call: (target: Code, ...args: readonly Code[]): Code =>
    Buffer.concat([target, pickled.tuple(...args), Buffer.from('R')]),
  long: (bytes: readonly number[]): Code => Buffer.from([0x8a, bytes.length, ...bytes]),
  none: Buffer.from('N'),
  no: Buffer.from([0x89]),
};

export interface Strided {
  readonly name: string;
  readonly key: string;
  readonly storageLength: number;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly storageClass?: string;
}

function rebuild(tensor: Strided, legacy: boolean): Code {
  const { text, integer, tuple, global, call } = pickled;
  const id = tuple(
    text('storage'),
    global('torch', tensor.storageClass ?? 'FloatStorage'),
    text(tensor.key),
    text('cpu'),
    integer(tensor.storageLength),
    ...(legacy ? [pickled.none] : []),
  );
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    Buffer.concat([id, Buffer.from('Q')]),
    integer(tensor.offset),
    tuple(...tensor.shape.map(integer)),
    tuple(...tensor.strides.map(integer)),
    pickled.no,
    call(global('collections', 'OrderedDict')),
  );
}

/** `{'model': {name: tensor, …}, 'epoch': 3}` as torch.save pickles it. */
export function checkpoint(tensors: readonly Strided[], legacy = false): Code {
  const { text, integer, dict, program } = pickled;
  const entries = tensors.map((tensor) => [text(tensor.name), rebuild(tensor, legacy)] as const);
  return program(dict([text('model'), dict(...entries)], [text('epoch'), integer(3)]));
}

export function torchZip(
  pickle: Code,
  storages: ReadonlyMap<string, readonly number[]>,
  options: { readonly deflate?: boolean; readonly zip64?: boolean } = {},
): Buffer {
  const deflate = options.deflate ?? false;
  const data = [...storages].map(([key, values]) => ({
    name: `archive/data/${key}`,
    data: f32(values),
    deflate,
  }));
  return zip([{ name: 'archive/data.pkl', data: pickle, deflate }, ...data], options.zip64);
}

/** What torch.save wrote before 1.6. */
export function torchLegacy(pickle: Code, storages: ReadonlyMap<string, readonly number[]>): Buffer {
  const { program, long, integer, dict, list, text } = pickled;
  const magic = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  return Buffer.concat([
    program(long(magic)),
    program(integer(1001)),
    program(dict([text('little_endian'), Buffer.from([0x88])])),
    pickle,
    program(list(...[...storages.keys()].map(text))),
    ...[...storages.values()].flatMap((values) => [u64(values.length), f32(values)]),
  ]);
}
