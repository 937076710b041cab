import { extremes, type Random } from './random.ts';

/** One damage done to a file; `note` says what, so that a failing case explains itself. */
export type Mutation = (bytes: Buffer, random: Random, note: (what: string) => void) => Buffer;

/** A place in the file that holds a whole number, little endian. */
export interface Field {
  readonly at: number;
  readonly bytes: 1 | 2 | 4 | 8;
  readonly name: string;
}

/** Sets a number to an extreme, or to something near what it was. */
export function mutateField(
  bytes: Buffer,
  field: Field,
  random: Random,
  note: (what: string) => void,
): Buffer {
  const out = Buffer.from(bytes);
  const bits = field.bytes * 8;
  let was = 0n;
  for (let i = field.bytes - 1; i >= 0; i--) was = (was << 8n) | BigInt(out[field.at + i] ?? 0);
  const near = [was + 1n, was - 1n, was * 2n, was / 2n, was + 32n, BigInt(bytes.length), was << 3n];
  const value = BigInt.asUintN(bits, random.chance(0.5) ? random.pick(extremes) : random.pick(near));
  note(`${field.name} at ${field.at}: ${was} -> ${value}`);
  for (let i = 0; i < field.bytes && field.at + i < out.length; i++) {
    out[field.at + i] = Number((value >> BigInt(8 * i)) & 255n);
  }
  return out;
}

/** A bit, a byte, a number, a cut, bytes put in, taken out, repeated or swapped; more often near the start. */
export const mutateBytes: Mutation = (bytes, random, note) => {
  const { below } = random;
  const at = below(random.chance(0.6) ? Math.min(bytes.length, 600) : bytes.length);
  const length = 1 + below(random.chance(0.8) ? 24 : bytes.length);
  const kind = below(9);
  const join = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);
  const head = bytes.subarray(0, at);
  switch (kind) {
    case 0: {
      const out = Buffer.from(bytes);
      const bit = below(8);
      out[at] = (out[at] ?? 0) ^ (1 << bit);
      note(`bit ${bit} of byte ${at}`);
      return out;
    }
    case 1: {
      const out = Buffer.from(bytes);
      out[at] = random.pick([0, 1, 0x7f, 0x80, 0xff, below(256), below(256)]);
      note(`byte ${at} = ${out[at]}`);
      return out;
    }
    case 2:
      return mutateField(bytes, { at, bytes: random.pick([2, 4, 8] as const), name: 'number' }, random, note);
    case 3:
      note(`cut at ${at}`);
      return head;
    case 4: {
      const value = below(256);
      note(`${length} bytes of ${value} put in at ${at}`);
      return join(head, Buffer.alloc(length, value), bytes.subarray(at));
    }
    case 5:
      note(`${length} bytes taken out at ${at}`);
      return join(head, bytes.subarray(at + length));
    case 6:
      note(`${length} bytes repeated at ${at}`);
      return join(head, bytes.subarray(at, at + length), bytes.subarray(at));
    case 7: {
      const to = below(bytes.length);
      note(`${length} bytes of ${at} copied over ${to}`);
      const out = Buffer.from(bytes);
      bytes.copy(out, to, at, at + length);
      return out;
    }
    default: {
      const [first, second] = [Math.min(at, bytes.length - length), below(bytes.length)].sort(
        (a, b) => a - b,
      );
      const a = Math.max(0, first ?? 0);
      const b = Math.max(a + length, second ?? 0);
      note(`${length} bytes at ${a} and ${b} swapped`);
      const [one, two] = [bytes.subarray(a, a + length), bytes.subarray(b, b + length)];
      return join(bytes.subarray(0, a), two, bytes.subarray(a + length, b), one, bytes.subarray(b + length));
    }
  }
};
