/** A pickle (protocol 2) of dictionaries and tensors, as torch.save writes it: only what is needed for that. */
export class PickleWriter {
  private readonly parts: Buffer[] = [Buffer.from([0x80, 2])];

  /** A module's name by two lines of text. */
  global(module: string, name: string): void {
    this.parts.push(Buffer.from(`c${module}\n${name}\n`));
  }

  text(value: string): void {
    const bytes = Buffer.from(value);
    const head = Buffer.alloc(5);
    head.write('X');
    head.writeUInt32LE(bytes.length, 1);
    this.parts.push(head, bytes);
  }

  integer(value: number): void {
    if (value >= 0 && value < 2 ** 31) {
      const bytes = Buffer.alloc(5);
      bytes.write('J');
      bytes.writeInt32LE(value, 1);
      this.parts.push(bytes);
      return;
    }
    const bytes = Buffer.alloc(10);
    bytes[0] = 0x8a;
    bytes[1] = 8;
    bytes.writeBigInt64LE(BigInt(value), 2);
    this.parts.push(bytes);
  }

  false(): void {
    this.op('\x89');
  }

  /** What `items` writes, as a tuple. */
  tuple(items: () => void): void {
    this.op('(');
    items();
    this.op('t');
  }

  /** `entries` writes keys and values in turn. */
  dictionary(entries: () => void): void {
    this.op('}(');
    entries();
    this.op('u');
  }

  emptyOrderedDictionary(): void {
    this.global('collections', 'OrderedDict');
    this.op(')R');
  }

  /** Calls the global that was written with the tuple that was written. */
  reduce(): void {
    this.op('R');
  }

  /** The tuple that was written is a persistent id: torch's storages. */
  persistent(): void {
    this.op('Q');
  }

  end(): Buffer {
    this.op('.');
    return Buffer.concat(this.parts);
  }

  private op(code: string): void {
    this.parts.push(Buffer.from(code, 'latin1'));
  }
}
