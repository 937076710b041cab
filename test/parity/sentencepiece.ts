export interface Piece {
  readonly text: string;
  readonly score: number;
  /** 1 normal, 2 unknown, 3 control, 4 user defined, 6 byte; GGUF uses the same numbers. */
  readonly type: number;
}

/** The pieces of a SentencePiece model file (protobuf ModelProto: field 1, each with piece 1, score 2, type 3). */
export function readSentencePiece(bytes: Buffer): readonly Piece[] {
  return fields(bytes).flatMap(({ number, value }) => {
    if (number !== 1 || !Buffer.isBuffer(value)) return [];
    let piece: Piece = { text: '', score: 0, type: 1 };
    for (const inner of fields(value)) {
      if (inner.number === 1 && Buffer.isBuffer(inner.value))
        piece = { ...piece, text: inner.value.toString('utf8') };
      if (inner.number === 2 && Buffer.isBuffer(inner.value))
        piece = { ...piece, score: inner.value.readFloatLE(0) };
      if (inner.number === 3 && typeof inner.value === 'number') piece = { ...piece, type: inner.value };
    }
    return [piece];
  });
}

function fields(bytes: Buffer): { readonly number: number; readonly value: number | Buffer }[] {
  const found: { number: number; value: number | Buffer }[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag & 7;
    if (kind === 0) found.push({ number: tag >> 3, value: varint() });
    else {
      const length = kind === 2 ? varint() : kind === 5 ? 4 : 8;
      found.push({ number: tag >> 3, value: bytes.subarray(at, at + length) });
      at += length;
    }
  }
  return found;
}
