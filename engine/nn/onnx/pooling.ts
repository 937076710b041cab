import { bytesOf, type GraphValue, type GraphWriter } from './graph.ts';
import { axisOf, product, reshape } from './shape.ts';

/**
 * PyTorch's adaptive average pooling of one axis: output i is the mean of inputs floor(i·from/to) to
 * ceil((i+1)·from/to); windows overlap where the sizes do not divide, and repeat where there are more outputs than
 * inputs. [to, from], each row sums to 1.
 */
function windows(from: number, to: number): Float32Array {
  const rows = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const start = Math.floor((i * from) / to);
    const end = Math.ceil(((i + 1) * from) / to);
    rows.fill(1 / (end - start), i * from + start, i * from + end);
  }
  return rows;
}

/** As a product with a small matrix, which runs on every provider and needs no transposition. */
export function writeAveragePool(writer: GraphWriter, x: GraphValue, axis: number, to: number): GraphValue {
  const at = axisOf(x, axis);
  const from = x.shape[at]!;
  if (typeof from === 'string') throw new Error(`averagePool: axis ${axis} has the unknown size ${from}`);
  if (from === to) return x;
  const lead = x.shape.slice(0, at);
  const rest = x.shape.slice(at + 1);
  const width = product(rest);
  const matrix = writer.weight(`averagePool.${from}to${to}`, 'float32', [to, from], () =>
    bytesOf(windows(from, to)),
  );
  const rows = reshape(writer, x, [...lead, from, width]);
  const pooled = writer.node('MatMul', [matrix, rows], 'float32', [...lead, to, width]);
  return reshape(writer, pooled, [...lead, to, ...rest]);
}
