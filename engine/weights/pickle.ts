import type { ByteReader } from './byte-reader.ts';
import type { Pickled, PickledGlobal } from './pickle-values.ts';

/** What a pickle may refer to. Nothing that is not answered here has any effect. */
export interface PickleHost {
  /** Called for every global named; throws when it is not allowed. */
  global(name: string): PickledGlobal;
  /** Answers REDUCE: a global applied to arguments. */
  call(name: string, args: readonly Pickled[]): Pickled;
  /** Answers BINPERSID. */
  persistent(id: Pickled): Pickled;
  /** The error for bytes that are no pickle, or a pickle that does what none of ours needs. */
  refuse(detail: string): Error;
}

type Slot = Pickled | typeof mark;
const mark = Symbol('mark');
const highestProtocol = 5;
const longestInteger = 1024;
/** Each may make an object a hundred times its own size; a checkpoint takes about fifty a tensor. */
const mostSteps = 2_000_000;

/**
 * Interprets one pickle (protocols 2 to 5; Python's pickletools.py defines the opcodes) up to STOP and returns its
 * value. It executes nothing: globals are names, REDUCE asks the host, everything outside the list below is refused.
 * Throws OutOfBytes at the end of the buffer and the host's errors.
 */
export function readPickle(reader: ByteReader, host: PickleHost): Pickled {
  const machine = new Machine(reader, host);
  for (let steps = 0; steps < mostSteps; steps++) {
    const opcode = reader.u8();
    if (opcode === 0x2e) return machine.pop();
    machine.step(opcode);
  }
  throw host.refuse(`its pickle takes more than ${mostSteps} steps`);
}

class Machine {
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, Pickled>();
  readonly #reader: ByteReader;
  readonly #host: PickleHost;

  constructor(reader: ByteReader, host: PickleHost) {
    this.#reader = reader;
    this.#host = host;
  }

  pop(): Pickled {
    const value = this.#stack.pop();
    if (value === undefined || value === mark)
      throw this.#host.refuse('its pickle takes a value that is not there');
    return value;
  }

  step(opcode: number): void {
    const value = this.#value(opcode);
    if (value === undefined) this.#act(opcode);
    else this.#push(value);
  }

  /** Opcodes that push one value; undefined for the others. */
  #value(opcode: number): Pickled | undefined {
    const reader = this.#reader;
    switch (opcode) {
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x4a: // BININT
        return reader.i32();
      case 0x4b: // BININT1
        return reader.u8();
      case 0x4d: // BININT2
        return reader.u16();
      case 0x8a: // LONG1
        return this.#integer(reader.u8());
      case 0x8b: // LONG4
        return this.#integer(reader.u32());
      case 0x47: // BINFLOAT
        return reader.f64(true);
      case 0x58: // BINUNICODE
      case 0x54: // BINSTRING
        return reader.text(reader.u32());
      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING
        return reader.text(reader.u8());
      case 0x8d: // BINUNICODE8
        return reader.text(reader.u64());
      case 0x42: // BINBYTES
        return reader.bytes(reader.u32());
      case 0x43: // SHORT_BINBYTES
        return reader.bytes(reader.u8());
      case 0x8e: // BINBYTES8
        return reader.bytes(reader.u64());
      case 0x29: // EMPTY_TUPLE
        return { kind: 'tuple', items: [] };
      case 0x74: // TUPLE
        return { kind: 'tuple', items: this.#toMark() };
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return { kind: 'tuple', items: this.#popMany(opcode - 0x84) };
      case 0x5d: // EMPTY_LIST
        return { kind: 'list', items: [] };
      case 0x6c: // LIST
        return { kind: 'list', items: this.#toMark() };
      case 0x7d: // EMPTY_DICT
        return { kind: 'dict', entries: new Map() };
      case 0x32: // DUP
        return this.#top();
      case 0x68: // BINGET
        return this.#remembered(reader.u8());
      case 0x6a: // LONG_BINGET
        return this.#remembered(reader.u32());
      case 0x63: // GLOBAL
        return this.#host.global(`${reader.line()}.${reader.line()}`);
      case 0x93: // STACK_GLOBAL
        return this.#namedGlobal();
      case 0x52: // REDUCE
      case 0x81: // NEWOBJ
        return this.#reduce();
      case 0x51: // BINPERSID
        return this.#host.persistent(this.pop());
      default:
        return undefined;
    }
  }

  #act(opcode: number): void {
    const reader = this.#reader;
    switch (opcode) {
      case 0x80: // PROTO
        if (reader.u8() > highestProtocol) throw this.#host.refuse('its pickle is of an unknown protocol');
        break;
      case 0x95: // FRAME
        reader.u64();
        break;
      case 0x28: // MARK
        this.#stack.push(mark);
        break;
      case 0x30: // POP
        this.#stack.pop();
        break;
      case 0x31: // POP_MARK
        this.#toMark();
        break;
      case 0x61: // APPEND
        this.#append([this.pop()]);
        break;
      case 0x65: // APPENDS
        this.#append(this.#toMark());
        break;
      case 0x73: // SETITEM
        this.#setItems(this.#popMany(2));
        break;
      case 0x75: // SETITEMS
        this.#setItems(this.#toMark());
        break;
      case 0x71: // BINPUT
        this.#memo.set(reader.u8(), this.#top());
        break;
      case 0x72: // LONG_BINPUT
        this.#memo.set(reader.u32(), this.#top());
        break;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        break;
      case 0x62: // BUILD
        this.#build();
        break;
      default:
        throw this.#host.refuse(`its pickle uses opcode 0x${opcode.toString(16)}, which is not allowed`);
    }
  }

  #push(value: Pickled): void {
    this.#stack.push(value);
  }

  #top(): Pickled {
    const value = this.pop();
    this.#push(value);
    return value;
  }

  #popMany(count: number): Pickled[] {
    const values: Pickled[] = [];
    for (let i = 0; i < count; i++) values.push(this.pop());
    return values.reverse();
  }

  #toMark(): Pickled[] {
    const at = this.#stack.lastIndexOf(mark);
    if (at < 0) throw this.#host.refuse('its pickle looks for a mark that is not there');
    const values = this.#stack.splice(at).slice(1);
    return values.filter((value): value is Pickled => value !== mark);
  }

  #remembered(index: number): Pickled {
    const value = this.#memo.get(index);
    if (value === undefined)
      throw this.#host.refuse(`its pickle recalls value ${index}, which it never kept`);
    return value;
  }

  #namedGlobal(): Pickled {
    const [module, name] = this.#popMany(2);
    if (typeof module !== 'string' || typeof name !== 'string')
      throw this.#host.refuse('its pickle refers to something that has no name');
    return this.#host.global(`${module}.${name}`);
  }

  /** Two's complement, little endian; a double where that is exact. */
  #integer(length: number): number | bigint {
    if (length > longestInteger) throw this.#host.refuse(`its pickle has an integer of ${length} bytes`);
    let value = 0n;
    const bytes = this.#reader.bytes(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    const signed = BigInt.asIntN(length * 8, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  #append(values: readonly Pickled[]): void {
    const list = this.#top();
    if (!isObject(list) || list.kind !== 'list')
      throw this.#host.refuse('its pickle appends to something else than a list');
    for (const value of values) list.items.push(value);
  }

  #setItems(items: readonly Pickled[]): void {
    const dict = this.#top();
    if (!isObject(dict) || dict.kind !== 'dict' || items.length % 2 !== 0) {
      throw this.#host.refuse('its pickle sets items of something else than a dictionary');
    }
    for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i]!, items[i + 1]!);
  }

  #reduce(): Pickled {
    const [target, args] = this.#popMany(2);
    if (!isObject(target) || target.kind !== 'global' || !isObject(args) || args.kind !== 'tuple') {
      throw this.#host.refuse('its pickle calls something else than a named function');
    }
    return this.#host.call(target.name, args.items);
  }

  /** `__setstate__` of an OrderedDict or an opaque value: carries no weights, so it is dropped. */
  #build(): void {
    this.pop();
    const target = this.#top();
    if (!isObject(target) || (target.kind !== 'dict' && target.kind !== 'opaque')) {
      throw this.#host.refuse('its pickle sets the state of something else than a dictionary');
    }
  }
}

/** One of the tagged values. */
export function isObject(
  value: Pickled | undefined,
): value is Exclude<Pickled, null | boolean | number | bigint | string | Uint8Array> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}
