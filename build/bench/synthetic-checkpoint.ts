import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { pickled } from '../../test/unit/weights/containers.ts';
import type { Shapes } from './random-weights.ts';

const { text, integer, tuple, global, call, dict, program } = pickled;
const u16 = (value: number): Buffer => Buffer.from(Uint16Array.of(value).buffer);
const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);

/** Bits of halves between 0.01 and 0.06, of either sign. */
function halves(): Buffer {
  const bits = new Uint16Array((1 << 20) - 3);
  for (let i = 0; i < bits.length; i++)
    bits[i] = 0x2100 + (Math.imul(i + 1, 0x9e3779b1) >>> 22) + ((i & 1) << 15);
  return Buffer.from(bits.buffer);
}

/** A MERV checkpoint, `{ model: { llm_backbone: … } }` as torch.save writes it, of float16 weights that mean nothing. */
export async function writeCheckpoint(path: string, shapes: Shapes): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  const file = await open(`${path}.part`, 'w');
  try {
    await writeZip(file, shapes);
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
}

async function writeZip(file: FileHandle, shapes: Shapes): Promise<void> {
  const directory: Buffer[] = [];
  let at = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    await file.write(bytes);
    at += bytes.length;
  };
  const entry = async (name: string, length: number, chunks: () => Iterable<Buffer>): Promise<void> => {
    let sum = 0;
    for (const chunk of chunks()) sum = crc32(chunk, sum);
    const fields = [u16(0), u16(0), u32(0), u32(sum), u32(length), u32(length), u16(name.length), u16(0)];
    directory.push(Buffer.concat([u32(0x02014b50), u16(20), u16(20), ...fields]));
    directory.push(Buffer.concat([u16(0), u16(0), u16(0), u32(0), u32(at), Buffer.from(name)]));
    await write(Buffer.concat([u32(0x04034b50), u16(20), ...fields, Buffer.from(name)]));
    for (const chunk of chunks()) await write(chunk);
  };
  const tensors = [...shapes].map(([name, shape], key) => ({ name, shape, key: `${key}` }));
  const head = pickle(tensors);
  await entry('archive/data.pkl', head.length, () => [head]);
  const table = halves();
  for (const { key, shape } of tensors) {
    const length = 2 * shape.reduce((a, b) => a * b, 1);
    await entry(`archive/data/${key}`, length, function* () {
      for (let left = length; left > 0; left -= table.length) yield table.subarray(0, left);
    });
  }
  const [begin, list] = [at, Buffer.concat(directory)];
  const count = u16(tensors.length + 1);
  const end = [u32(0x06054b50), u16(0), u16(0), count, count, u32(list.length), u32(begin), u16(0)];
  await write(Buffer.concat([list, ...end]));
}

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly key: string;
}

function pickle(tensors: readonly Tensor[]): Buffer {
  const entries = tensors.map((tensor) => [text(`llm.${tensor.name}`), rebuilt(tensor)] as const);
  return program(dict([text('model'), dict([text('llm_backbone'), dict(...entries)])]));
}

function rebuilt({ shape, key }: Tensor): Buffer {
  const length = shape.reduce((a, b) => a * b, 1);
  const storage = tuple(
    ...[text('storage'), global('torch', 'HalfStorage'), text(key), text('cpu'), integer(length)],
  );
  const strides = shape.map((_, i) => integer(shape.slice(i + 1).reduce((a, b) => a * b, 1)));
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    Buffer.concat([storage, Buffer.from('Q')]),
    integer(0),
    tuple(...shape.map(integer)),
    tuple(...strides),
    pickled.no,
    call(global('collections', 'OrderedDict')),
  );
}
