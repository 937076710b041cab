import type { Ops } from '../ops.ts';
import type { LinearPrecision } from '../precision.ts';
import { type Weights, weightShape } from '../weights.ts';
import { CachedAttention, pack, writeAttention } from './attention.ts';
import { bytesOf, type Dimension, type GraphValue, type GraphWriter } from './graph.ts';
import { stackedWeight, writeLinear } from './linear.ts';
import { writeAveragePool } from './pooling.ts';
import { axisOf, broadcast, permute, product, reshape, sizeOf, splitLast } from './shape.ts';

export interface OnnxOps extends Ops<GraphValue> {
  /** Adds the output `new_rows` when the definition used cached attention. */
  finish(): void;
}

/** The op interface as a graph: every call adds nodes to `writer`; weights are read when the graph is saved. */
export function onnxOps(writer: GraphWriter, weights: Weights, precision: LinearPrecision): OnnxOps {
  const cached = new CachedAttention(writer);
  /** Projections that were computed as one, so that attention can take them as one again. */
  const packs = new Map<string, { readonly parts: readonly GraphValue[]; readonly packed: GraphValue }>();
  const contrib = { domain: 'com.microsoft' } as const;

  const parameter = (name: string): GraphValue => {
    const shape = weightShape(weights, name);
    return writer.weight(name, 'float32', shape, async () => bytesOf(await weights.read(name)));
  };
  const same = (opType: string, x: GraphValue, attributes = {}) =>
    writer.node(opType, [x], x.type, x.shape, { attributes });
  const binary = (opType: string, a: GraphValue, b: GraphValue) =>
    writer.node(opType, [a, b], a.type, broadcast(a.shape, b.shape));

  return {
    has: (name) => weights.tensors.has(name),
    parameter,
    constant: (values, shape) => writer.float32(values, shape),

    block: (x, run) => run(x),
    linear: (x, name) => writeLinear(writer, weights, precision, x, stackedWeight(weights, [name])),
    linears(x, names) {
      const stack = stackedWeight(weights, names);
      const packed = writeLinear(writer, weights, precision, x, stack);
      const parts = splitLast(writer, packed, stack.outputs);
      packs.set(parts[0]!.name, { parts, packed });
      return parts;
    },
    chunk(x, count) {
      const size = (x.shape.at(-1) as number) / count;
      return splitLast(
        writer,
        x,
        Array.from({ length: count }, () => size),
      );
    },
    matmul(a, b) {
      const lead = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
      return writer.node('MatMul', [a, b], 'float32', [...lead, a.shape.at(-2)!, b.shape.at(-1)!]);
    },
    embedding(ids, name) {
      const table = parameter(`${name}.weight`);
      return writer.node('Gather', [table, ids], 'float32', [...ids.shape, table.shape[1]!]);
    },
    conv(x, name, { stride, padding, groups = 1 }) {
      const weight = parameter(`${name}.weight`);
      const bias = weights.tensors.has(`${name}.bias`) ? parameter(`${name}.bias`) : null;
      const kernel = weight.shape.slice(2) as number[];
      const spatial = kernel.map((k, i): Dimension => {
        const size = x.shape[i + 2]!;
        if (typeof size === 'string') return `conv(${size})`;
        return Math.floor((size + padding[i]! + padding[i + kernel.length]! - k) / stride[i]!) + 1;
      });
      return writer.node('Conv', [x, weight, bias], 'float32', [x.shape[0]!, weight.shape[0]!, ...spatial], {
        attributes: { kernel_shape: kernel, strides: stride, pads: padding, group: groups },
      });
    },
    attention(q, k, v, options) {
      if (options.cacheLayer === undefined) return writeAttention(writer, q, k, v, options);
      const known = packs.get(q.name);
      const together = known?.parts[1] === k && known.parts[2] === v;
      return cached.write(together ? known.packed : pack(writer, [q, k, v]), options);
    },

    rmsNorm: (x, name, eps) =>
      writer.node('SimplifiedLayerNormalization', [x, parameter(`${name}.weight`)], 'float32', x.shape, {
        attributes: { axis: -1, epsilon: { float: eps }, stash_type: 1 },
      }),
    layerNorm: (x, name, eps) =>
      writer.node(
        'LayerNormalization',
        [x, parameter(`${name}.weight`), parameter(`${name}.bias`)],
        'float32',
        x.shape,
        { attributes: { axis: -1, epsilon: { float: eps } } },
      ),
    batchNorm(x, name, eps) {
      const statistics = ['weight', 'bias', 'running_mean', 'running_var'].map((p) =>
        parameter(`${name}.${p}`),
      );
      return writer.node('BatchNormalization', [x, ...statistics], 'float32', x.shape, {
        attributes: { epsilon: { float: eps } },
      });
    },

    gelu(x, kind) {
      switch (kind) {
        case 'erf':
          return writer.node('Gelu', [x], 'float32', x.shape, contrib);
        case 'tanh':
          return same('Gelu', x, { approximate: 'tanh' });
        case 'quick':
          return writer.node('QuickGelu', [x], 'float32', x.shape, {
            ...contrib,
            attributes: { alpha: { float: 1.702 } },
          });
      }
    },
    silu: (x) => binary('Mul', x, same('Sigmoid', x)),
    relu6: (x) => writer.node('Clip', [x, writer.float32([0]), writer.float32([6])], 'float32', x.shape),
    sigmoid: (x) => same('Sigmoid', x),
    add: (a, b) => binary('Add', a, b),
    mul: (a, b) => binary('Mul', a, b),
    softmax: (x, axis) => same('Softmax', x, { axis }),
    keepTop(x, k) {
      const lead = x.shape.slice(0, -1);
      const [top] = writer.split(
        'TopK',
        [x, writer.int64([k])],
        [
          { type: 'float32', shape: [...lead, k] },
          { type: 'int64', shape: [...lead, k] },
        ],
        { attributes: { axis: -1 } },
      );
      const tensors = [top!, writer.int64([k - 1]), writer.int64([k]), writer.int64([-1])];
      const least = writer.node('Slice', tensors, 'float32', [...lead, 1]);
      const kept = writer.node('GreaterOrEqual', [x, least], 'uint8', x.shape);
      return writer.node('Where', [kept, x, writer.float32([0])], 'float32', x.shape);
    },
    normaliseSum(x) {
      const lead = x.shape.slice(0, -1);
      const attributes = { keepdims: 1 };
      const sum = writer.node('ReduceSum', [x, writer.int64([-1])], 'float32', [...lead, 1], { attributes });
      return binary('Div', x, sum);
    },
    mean(x, axes) {
      const gone = new Set(axes.map((axis) => axisOf(x, axis)));
      const shape = x.shape.filter((_, i) => !gone.has(i));
      const tensors = [x, writer.int64([...gone])];
      return writer.node('ReduceMean', tensors, 'float32', shape, { attributes: { keepdims: 0 } });
    },
    max(x, axis) {
      const at = axisOf(x, axis);
      const shape = x.shape.filter((_, i) => i !== at);
      return writer.node('ReduceMax', [x, writer.int64([at])], 'float32', shape, {
        attributes: { keepdims: 0 },
      });
    },
    averagePool: (x, axis, size) => writeAveragePool(writer, x, axis, size),

    splitAxis(x, axis, sizes) {
      const at = axisOf(x, axis);
      const whole = x.shape[at]!;
      const known = sizes.filter((size) => size !== -1).reduce((a, b) => a * b, 1);
      const rest: Dimension = typeof whole === 'number' ? whole / known : `${whole}/${known}`;
      const pieces = sizes.map((size): Dimension => (size === -1 ? (known === 1 ? whole : rest) : size));
      return reshape(writer, x, [...x.shape.slice(0, at), ...pieces, ...x.shape.slice(at + 1)]);
    },
    mergeAxes(x, axis, count) {
      const at = axisOf(x, axis);
      const merged = product(x.shape.slice(at, at + count));
      return reshape(writer, x, [...x.shape.slice(0, at), merged, ...x.shape.slice(at + count)]);
    },
    permute: (x, order) => permute(writer, x, order),
    concat(xs, axis) {
      const at = axisOf(xs[0]!, axis);
      const sizes = xs.map((x) => x.shape[at]!);
      const total = sizes.every((size) => typeof size === 'number')
        ? sizes.reduce((a, b) => a + b, 0)
        : sizes.join('+');
      const shape = xs[0]!.shape.map((size, i) => (i === at ? total : size));
      return writer.node('Concat', xs, xs[0]!.type, shape, { attributes: { axis: at } });
    },
    slice(x, axis, start, end) {
      const at = axisOf(x, axis);
      const size = x.shape[at]!;
      const from = (n: number) => (n < 0 && typeof size === 'number' ? size + n : n);
      const stop = end === null ? size : from(end);
      const first = from(start);
      const length: Dimension =
        typeof stop === 'number' && first >= 0
          ? stop - first
          : end === null && start < 0
            ? -start
            : `slice(${size},${start},${end})`;
      const shape = x.shape.map((d, i) => (i === at ? length : d));
      const last = 2 ** 31 - 1;
      const tensors = [x, writer.int64([start]), writer.int64([end ?? last]), writer.int64([at])];
      return writer.node('Slice', tensors, x.type, shape);
    },
    expandLike(x, axis, like) {
      const at = axisOf(x, axis);
      const parts = [
        writer.int64(Array.from({ length: at }, () => 1)),
        sizeOf(writer, like, at),
        writer.int64(Array.from({ length: x.shape.length - at - 1 }, () => 1)),
      ].filter((part) => part.shape[0] !== 0);
      const target = writer.node('Concat', parts, 'int64', [x.shape.length], { attributes: { axis: 0 } });
      const shape = x.shape.map((d, i) => (i === at ? like.shape[at]! : d));
      return writer.node('Expand', [x, target], x.type, shape);
    },

    normalisePixels(frames, { mean, std }) {
      // Axes first: a factor per channel is then one per plane, which runs over whole rows.
      const planes = permute(writer, frames, [0, 3, 1, 2]);
      const perChannel = (values: readonly number[]) => writer.float32(values, [3, 1, 1]);
      const scaled = binary('Mul', planes, perChannel(std.map((s) => 1 / (255 * s))));
      return binary('Add', scaled, perChannel(std.map((s, i) => -mean[i]! / s)));
    },
    finish() {
      if (cached.newRows.length > 0) cached.writeNewRows();
    },
  };
}
