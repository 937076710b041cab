import { type HuffmanTable, OtherJpeg } from './file.ts';

/** Bits of a scan's coded data; a 0 stuffed behind 255 is passed over, a marker ends them. */
export class Bits {
  readonly #data: Buffer;
  #at: number;
  #held = 0;
  #count = 0;

  constructor(data: Buffer, at: number) {
    this.#data = data;
    this.#at = at;
  }

  /** At least 16 bits held; behind the end come ones, which no code consists of, and which are counted. */
  #fill(): void {
    while (this.#count <= 16) {
      let byte = this.#data[this.#at] ?? 0xff;
      if (byte !== 0xff) this.#at++;
      else if (this.#data[this.#at + 1] === 0) this.#at += 2;
      else if (this.#missing++ > 8) throw new OtherJpeg('too few bits');
      else byte = 0xff;
      this.#held = ((this.#held << 8) | byte) & 0xffffff;
      this.#count += 8;
    }
  }
  #missing = 0;

  bit(): number {
    return this.bits(1);
  }

  /** Up to 16. */
  bits(count: number): number {
    if (count === 0) return 0;
    this.#fill();
    this.#count -= count;
    return (this.#held >> this.#count) & ((1 << count) - 1);
  }

  symbol(table: HuffmanTable): number {
    this.#fill();
    const entry = table[(this.#held >> (this.#count - 16)) & 0xffff]!;
    if (entry === 0) throw new OtherJpeg('no such code');
    this.#count -= entry >> 8;
    return entry & 0xff;
  }

  /** A number of so many bits, of which the upper half are positive (T.81, EXTEND). */
  signed(count: number): number {
    const value = this.bits(count);
    return count > 0 && value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
  }

  /** Passes the restart marker that has to come next. */
  restart(): void {
    this.#held = 0;
    this.#count = 0;
    this.#missing = 0;
    const marker = this.#data[this.#at + 1] ?? 0;
    if (this.#data[this.#at] !== 0xff || marker < 0xd0 || marker > 0xd7) throw new OtherJpeg('no restart');
    this.#at += 2;
  }

  /** Where the next marker stands. */
  end(): number {
    let at = this.#at;
    while (at + 1 < this.#data.length && !(this.#data[at] === 0xff && this.#data[at + 1] !== 0)) at++;
    return at;
  }
}
