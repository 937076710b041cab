/** A tensor to be stored; `values` is asked for when its turn comes, so that one at a time is in memory. */
export interface OutgoingTensor {
  readonly name: string;
  readonly type: 'F32' | 'BF16';
  readonly shape: readonly number[];
  values(): Float32Array | Promise<Float32Array>;
}

const bytesOf = { F32: 4, BF16: 2 } as const;

/**
 * The bytes of a .safetensors file, to be written one after the other. BF16 is rounded to nearest even.
 */
export async function* safetensorsBytes(
  tensors: readonly OutgoingTensor[],
  metadata: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array> {
  // Wide elements first, so that every tensor begins at a multiple of its element's size.
  const ordered = [...tensors].sort((a, b) => bytesOf[b.type] - bytesOf[a.type]);
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, type, shape } of ordered) {
    const begin = end;
    end += sizeOf({ type, shape });
    header[name] = { dtype: type, shape, data_offsets: [begin, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  yield length;
  yield padded;
  for (const tensor of ordered) yield await encodedBytes(tensor);
}

export function sizeOf({ type, shape }: Pick<OutgoingTensor, 'type' | 'shape'>): number {
  return shape.reduce((a, b) => a * b, 1) * bytesOf[type];
}

/** The tensor's values as they are stored. Throws a bug where they are not as many as its shape says. */
export async function encodedBytes(tensor: OutgoingTensor): Promise<Uint8Array> {
  const values = await tensor.values();
  const bytes = asBytes(tensor.type === 'F32' ? values : upperHalves(values));
  if (bytes.length !== sizeOf(tensor)) {
    throw new Error(`${tensor.name}: ${values.length} values do not make [${tensor.shape}]`);
  }
  return bytes;
}

/** bfloat16 bits, rounded to nearest even. */
function upperHalves(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word) => {
    const nan = (word & 0x7fffffff) > 0x7f800000;
    return nan ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  });
}

function asBytes({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
