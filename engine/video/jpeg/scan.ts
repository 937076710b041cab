import { Bits } from './bits.ts';
import { type Component, type Frame, type HuffmanTable, naturalOrder, OtherJpeg, type Scan } from './file.ts';

/** What a scan keeps from block to block. */
interface State {
  readonly bits: Bits;
  readonly scan: Scan;
  /** Last DC value by component. */
  readonly last: Map<Component, number>;
  /** Blocks still to come of a run without coefficients. */
  run: number;
}

type ReadBlock = (
  state: State,
  coefficients: Int16Array,
  component: Component,
  dc: HuffmanTable,
  ac: HuffmanTable,
) => void;

/** Reads a scan's data from `at` on into the components' coefficients; where it ends. */
export function decodeScan(
  data: Buffer,
  at: number,
  frame: Frame,
  scan: Scan,
  tables: ReadonlyMap<number, HuffmanTable>,
  restartInterval: number,
): number {
  const bits = new Bits(data, at);
  const state: State = { bits, scan, last: new Map(), run: 0 };
  const read = readerOf(frame, scan);
  const none = new Uint16Array(1 << 16);
  const block = (i: number, row: number, column: number): void => {
    const { component, dc, ac } = scan.components[i]!;
    const from = (row * component.blocksAcross + column) * 64;
    const coefficients = component.coefficients.subarray(from, from + 64);
    read(state, coefficients, component, tables.get(dc) ?? none, tables.get(ac) ?? none);
  };
  const [first, ...more] = scan.components;
  const single = more.length === 0;
  const { component } = first!;
  // A component alone comes block by block, as many as it has samples for.
  const across = single ? Math.ceil(component.width / 8) : component.blocksAcross / component.h;
  const down = single ? Math.ceil(component.height / 8) : component.blocksDown / component.v;
  for (let unit = 0; unit < across * down; unit++) {
    if (restartInterval > 0 && unit > 0 && unit % restartInterval === 0) {
      bits.restart();
      state.last.clear();
      state.run = 0;
    }
    const row = Math.floor(unit / across);
    const column = unit % across;
    if (single) block(0, row, column);
    else {
      for (const [i, { component: each }] of scan.components.entries()) {
        for (let y = 0; y < each.v; y++) {
          for (let x = 0; x < each.h; x++) block(i, row * each.v + y, column * each.h + x);
        }
      }
    }
  }
  return bits.end();
}

function readerOf({ progressive }: Frame, { from, high, components }: Scan): ReadBlock {
  if (!progressive) return readWhole;
  if (from === 0) return high === 0 ? readFirstDc : refineDc;
  if (components.length > 1) throw new OtherJpeg('scan');
  return high === 0 ? readFirstAc : refineAc;
}

function nextDc({ bits, last }: State, component: Component, table: HuffmanTable): number {
  const size = bits.symbol(table);
  if (size > 15) throw new OtherJpeg('size');
  const value = (last.get(component) ?? 0) + bits.signed(size);
  last.set(component, value);
  return value;
}

/** T.81, F.2.2. */
const readWhole: ReadBlock = (state, coefficients, component, dc, ac) => {
  const { bits } = state;
  coefficients[0] = nextDc(state, component, dc);
  for (let k = 1; k < 64; k++) {
    const symbol = bits.symbol(ac);
    const size = symbol & 15;
    k += symbol >> 4;
    if (size === 0) {
      if (symbol >> 4 < 15) return;
      continue;
    }
    if (k > 63) throw new OtherJpeg('run');
    coefficients[naturalOrder[k]!] = bits.signed(size);
  }
};

/** T.81, G.1.2. */
const readFirstDc: ReadBlock = (state, coefficients, component, dc) => {
  coefficients[0] = nextDc(state, component, dc) << state.scan.low;
};

const refineDc: ReadBlock = ({ bits, scan }, coefficients) => {
  if (bits.bit() === 1) coefficients[0] = coefficients[0]! | (1 << scan.low);
};

const readFirstAc: ReadBlock = (state, coefficients, _component, _dc, ac) => {
  const { bits, scan } = state;
  if (state.run > 0) {
    state.run--;
    return;
  }
  for (let k = scan.from; k <= scan.to; k++) {
    const symbol = bits.symbol(ac);
    const zeros = symbol >> 4;
    const size = symbol & 15;
    if (size === 0 && zeros < 15) {
      state.run = (1 << zeros) + bits.bits(zeros) - 1;
      return;
    }
    k += zeros;
    if (size === 0) continue;
    if (k > scan.to) throw new OtherJpeg('run');
    coefficients[naturalOrder[k]!] = bits.signed(size) << scan.low;
  }
};

const refineAc: ReadBlock = (state, coefficients, _component, _dc, ac) => {
  const { bits, scan } = state;
  const one = 1 << scan.low;
  /** Another bit of a coefficient that is there already. */
  const refine = (place: number): void => {
    const value = coefficients[place]!;
    if (bits.bit() === 1 && (value & one) === 0) coefficients[place] = value + (value < 0 ? -one : one);
  };
  let k = scan.from;
  if (state.run === 0) {
    for (; k <= scan.to; k++) {
      const symbol = bits.symbol(ac);
      let zeros = symbol >> 4;
      const size = symbol & 15;
      if (size === 0 && zeros < 15) {
        state.run = (1 << zeros) + bits.bits(zeros);
        break;
      }
      if (size > 1) throw new OtherJpeg('size');
      const value = size === 0 ? 0 : bits.bit() === 1 ? one : -one;
      for (; k <= scan.to; k++) {
        const place = naturalOrder[k]!;
        if (coefficients[place] !== 0) refine(place);
        else if (zeros-- === 0) {
          if (value !== 0) coefficients[place] = value;
          break;
        }
      }
    }
  }
  if (state.run === 0) return;
  for (; k <= scan.to; k++) if (coefficients[naturalOrder[k]!] !== 0) refine(naturalOrder[k]!);
  state.run--;
};
