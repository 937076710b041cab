import { toHalfArray } from '../half.ts';
import type { LinearPrecision } from '../precision.ts';
import { type Weights, weightShape } from '../weights.ts';
import { bytesOf, type GraphValue, type GraphWriter } from './graph.ts';
import { blockSize, emptyBlocks, quantiseBlocks, quantiseColumns, transpose } from './quantise.ts';

/** One or several linear layers that share their input, stacked along the output axis. */
export interface StackedWeight {
  readonly names: readonly string[];
  readonly outputs: readonly number[];
  readonly inputs: number;
}

export function stackedWeight(source: Weights, names: readonly string[]): StackedWeight {
  const shapes = names.map((name) => {
    const shape = weightShape(source, `${name}.weight`);
    // A convolution with a kernel of one is a linear layer too: [out, in, 1, …].
    return [shape[0]!, shape.slice(1).reduce((a, b) => a * b, 1)] as const;
  });
  return { names, outputs: shapes.map(([out]) => out), inputs: shapes[0]![1] };
}

async function readStacked(source: Weights, names: readonly string[]): Promise<Float32Array> {
  if (names.length === 1) return source.read(names[0]!);
  const parts: Float32Array[] = [];
  for (const name of names) parts.push(await source.read(name));
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** Keeps one weight's quantised form while its `uses` tensors are written one after the other, and no longer. */
function kept<T>(uses: number, make: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | null = null;
  let left = 0;
  return () => {
    if (value === null) {
      value = make();
      left = uses;
    }
    const made = value;
    left--;
    if (left === 0) value = null;
    return made;
  };
}

/** x [..., in] -> [..., sum of outputs], with the weight kept in the given precision. */
export function writeLinear(
  writer: GraphWriter,
  source: Weights,
  precision: LinearPrecision,
  x: GraphValue,
  stack: StackedWeight,
): GraphValue {
  const out = stack.outputs.reduce((a, b) => a + b, 0);
  const { inputs } = stack;
  const key = stack.names.join('|');
  const read = () =>
    readStacked(
      source,
      stack.names.map((name) => `${name}.weight`),
    );
  const bias = writeBias(writer, source, stack, out);
  const shape = [...x.shape.slice(0, -1), out];
  switch (precision) {
    case 'fp32': {
      const weight = writer.weight(`${key}.weight`, 'float32', [inputs, out], async () =>
        bytesOf(transpose(await read(), out, inputs)),
      );
      return addBias(writer, writer.node('MatMul', [x, weight], 'float32', shape), bias);
    }
    case 'fp16': {
      const half = writer.weight(`${key}.weight`, 'float16', [inputs, out], async () =>
        bytesOf(toHalfArray(transpose(await read(), out, inputs))),
      );
      const weight = writer.node('Cast', [half], 'float32', [inputs, out], { attributes: { to: 1 } });
      return addBias(writer, writer.node('MatMul', [x, weight], 'float32', shape), bias);
    }
    case 'int8-dynamic': {
      const quantised = kept(2, async () => quantiseColumns(await read(), out, inputs));
      const values = writer.weight(`${key}.values`, 'int8', [inputs, out], async () =>
        bytesOf((await quantised()).values),
      );
      const scales = writer.weight(`${key}.scales`, 'float32', [out], async () =>
        bytesOf((await quantised()).scales),
      );
      const tensors = [x, values, scales, null, bias];
      return writer.node('DynamicQuantizeMatMul', tensors, 'float32', shape, { domain: 'com.microsoft' });
    }
    case 'int8':
    case 'int4': {
      const bits = precision === 'int8' ? 8 : 4;
      const blocks = Math.ceil(inputs / blockSize);
      const quantised = kept(3, async () => {
        const all = emptyBlocks(out, inputs, bits);
        let row = 0;
        for (const [i, name] of stack.names.entries()) {
          quantiseBlocks(await source.read(`${name}.weight`), stack.outputs[i]!, inputs, bits, all, row);
          row += stack.outputs[i]!;
        }
        return all;
      });
      const values = writer.weight(
        `${key}.values`,
        'uint8',
        [out, blocks, (blockSize * bits) / 8],
        async () => bytesOf((await quantised()).values),
      );
      const scales = writer.weight(`${key}.scales`, 'float32', [out, blocks], async () =>
        bytesOf((await quantised()).scales),
      );
      const zeroColumns = bits === 4 ? Math.ceil(blocks / 2) : blocks;
      const zeroPoints = writer.weight(`${key}.zeroPoints`, 'uint8', [out, zeroColumns], async () =>
        bytesOf((await quantised()).zeroPoints),
      );
      return writer.node('MatMulNBits', [x, values, scales, zeroPoints, null, bias], 'float32', shape, {
        domain: 'com.microsoft',
        attributes: { K: inputs, N: out, bits, block_size: blockSize, accuracy_level: 4 },
      });
    }
  }
}

/** The stacked biases, zeros for a layer without one; null where none has. */
function writeBias(
  writer: GraphWriter,
  source: Weights,
  stack: StackedWeight,
  out: number,
): GraphValue | null {
  if (!stack.names.some((name) => source.tensors.has(`${name}.bias`))) return null;
  return writer.weight(`${stack.names.join('|')}.bias`, 'float32', [out], async () => {
    const all = new Float32Array(out);
    let offset = 0;
    for (const [i, name] of stack.names.entries()) {
      if (source.tensors.has(`${name}.bias`)) all.set(await source.read(`${name}.bias`), offset);
      offset += stack.outputs[i]!;
    }
    return bytesOf(all);
  });
}

function addBias(writer: GraphWriter, y: GraphValue, bias: GraphValue | null): GraphValue {
  return bias === null ? y : writer.node('Add', [y, bias], y.type, y.shape);
}
