import { halfTable } from '../nn/half.ts';
import { blockDecoders } from './dequantise.ts';
import { allocate, type RandomAccessFile } from './random-access-file.ts';
import { layouts } from './stored-types.ts';
import type { StoredType } from './tensor-source.ts';

/**
 * Converts little-endian stored elements to float32.
 * `raw` must hold whole blocks and begin at a multiple of 8 in its buffer; the result goes to `out` from `at` on.
 */
export function convertToFloat32(type: StoredType, raw: Uint8Array, out: Float32Array, at: number): void {
  const { bytes, elements } = layouts[type];
  const blocks = raw.byteLength / bytes;
  switch (type) {
    case 'F32':
      out.set(new Float32Array(raw.buffer, raw.byteOffset, blocks), at);
      return;
    case 'F64':
      out.set(new Float64Array(raw.buffer, raw.byteOffset, blocks), at);
      return;
    case 'I32':
      out.set(new Int32Array(raw.buffer, raw.byteOffset, blocks), at);
      return;
    case 'I16':
      out.set(new Int16Array(raw.buffer, raw.byteOffset, blocks), at);
      return;
    case 'I8':
      out.set(new Int8Array(raw.buffer, raw.byteOffset, blocks), at);
      return;
    case 'U8':
      out.set(raw, at);
      return;
    case 'BOOL':
      for (let i = 0; i < blocks; i++) out[at + i] = raw[i] === 0 ? 0 : 1;
      return;
    case 'I64': {
      const wide = new BigInt64Array(raw.buffer, raw.byteOffset, blocks);
      for (let i = 0; i < blocks; i++) out[at + i] = Number(wide[i]);
      return;
    }
    case 'F16': {
      const halves = new Uint16Array(raw.buffer, raw.byteOffset, blocks);
      const table = halfTable();
      for (let i = 0; i < blocks; i++) out[at + i] = table[halves[i]!]!;
      return;
    }
    case 'BF16': {
      const halves = new Uint16Array(raw.buffer, raw.byteOffset, blocks);
      const bits = new Uint32Array(out.buffer, out.byteOffset + at * 4, blocks * elements);
      for (let i = 0; i < blocks; i++) bits[i] = halves[i]! << 16;
      return;
    }
    case 'Q4_0':
    case 'Q4_1':
    case 'Q5_0':
    case 'Q5_1':
    case 'Q8_0':
    case 'Q4_K':
    case 'Q5_K':
    case 'Q6_K':
      blockDecoders[type](raw, blocks, out, at);
      return;
  }
}

const chunkBytes = 4 << 20;

/**
 * Reads `count` elements of `type` from `position` on as float32, converting in chunks so that the stored form is
 * never in memory whole. `count` is a whole number of blocks; the range is checked before anything is allocated.
 */
export async function readAsFloat32(
  file: RandomAccessFile,
  position: number,
  type: StoredType,
  count: number,
): Promise<Float32Array> {
  const { bytes, elements } = layouts[type];
  const total = (count / elements) * bytes;
  if (position + total > file.size) await file.read(position, total);
  const out = allocate(file.path, count * 4, () => new Float32Array(count));
  if (type === 'F32') {
    await file.readInto(new Uint8Array(out.buffer), position);
    return out;
  }
  const step = Math.floor(chunkBytes / bytes) * bytes;
  for (let done = 0; done < total; done += step) {
    const raw = await file.read(position + done, Math.min(step, total - done));
    convertToFloat32(type, raw, out, (done / bytes) * elements);
  }
  return out;
}
