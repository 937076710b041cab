/** A box of an ISO base media file: where its payload lies in the buffer it was read from. */
export interface Box {
  readonly type: string;
  /** The whole box, header included. */
  readonly bytes: Buffer;
  readonly payload: Buffer;
}

/** The boxes in a payload, in order. Throws RangeError where one does not fit. */
export function boxesIn(payload: Buffer): readonly Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= payload.length; ) {
    const short = payload.readUInt32BE(at);
    const header = short === 1 ? 16 : 8;
    const size =
      short === 1 ? Number(payload.readBigUInt64BE(at + 8)) : short === 0 ? payload.length - at : short;
    if (size < header || at + size > payload.length) throw new RangeError('box does not fit');
    const bytes = payload.subarray(at, at + size);
    boxes.push({ type: bytes.toString('latin1', 4, 8), bytes, payload: bytes.subarray(header) });
    at += size;
  }
  return boxes;
}

/** The only box of a type among these; undefined when there is none or more than one. */
export function onlyBox(boxes: readonly Box[], type: string): Box | undefined {
  const found = boxes.filter((box) => box.type === type);
  return found.length === 1 ? found[0] : undefined;
}

/** A new box around these parts. */
export function makeBox(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(8);
  header.write(type, 4, 'latin1');
  const bytes = Buffer.concat([header, ...parts]);
  bytes.writeUInt32BE(bytes.length, 0);
  return bytes;
}

/** Big-endian 32-bit fields; negative numbers are stored in two's complement. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, i * 4);
  return bytes;
}
