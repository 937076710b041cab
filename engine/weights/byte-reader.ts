/** Thrown by {@link ByteReader} at the end of its buffer; `parseHead` answers it by reading more of the file. */
export class OutOfBytes extends Error {
  override readonly name = 'OutOfBytes';
}

/** Little-endian values from a buffer, one after the other. */
export class ByteReader {
  position = 0;
  readonly #bytes: Uint8Array;
  /** The same bytes: decodes short texts several times faster than a TextDecoder. */
  readonly #texts: Buffer;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#texts = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #advance(count: number): number {
    const at = this.position;
    if (at + count > this.#bytes.byteLength) throw new OutOfBytes();
    this.position = at + count;
    return at;
  }

  u8 = (): number => this.#view.getUint8(this.#advance(1));
  i8 = (): number => this.#view.getInt8(this.#advance(1));
  u16 = (): number => this.#view.getUint16(this.#advance(2), true);
  i16 = (): number => this.#view.getInt16(this.#advance(2), true);
  u32 = (): number => this.#view.getUint32(this.#advance(4), true);
  i32 = (): number => this.#view.getInt32(this.#advance(4), true);
  /** As a double: exact up to 2^53, which every count and offset is checked against. */
  u64 = (): number => {
    const at = this.#advance(8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
  };
  i64 = (): number => Number(this.#view.getBigInt64(this.#advance(8), true));
  f32 = (): number => this.#view.getFloat32(this.#advance(4), true);
  f64 = (bigEndian = false): number => this.#view.getFloat64(this.#advance(8), !bigEndian);

  /** Whether so many bytes are left. */
  has(count: number): boolean {
    return this.position + count <= this.#bytes.byteLength;
  }

  /** A view, not a copy. */
  bytes(count: number): Uint8Array {
    const at = this.#advance(count);
    return this.#bytes.subarray(at, at + count);
  }

  text(count: number): string {
    const at = this.#advance(count);
    return this.#texts.toString('utf8', at, at + count);
  }

  /** Up to and without the next line feed. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.position);
    if (end < 0) throw new OutOfBytes();
    const text = this.text(end - this.position);
    this.position = end + 1;
    return text;
  }
}
