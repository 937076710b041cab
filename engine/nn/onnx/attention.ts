import type { AttentionOptions } from '../ops.ts';
import { type RopeConfig, ropeTables } from '../rope.ts';
import { bytesOf, type Dimension, type GraphValue, type GraphWriter } from './graph.ts';
import { mergeHeads, product, reshape, sizeOf, splitHeads } from './shape.ts';

/** Far below any score, far above float32's end: masked scores vanish in the softmax without a NaN. */
const masked = -3e38;

/** New rows of one layer, [1, kvHeads, T, d] each. */
export interface NewRows {
  readonly keys: GraphValue;
  readonly values: GraphValue;
}

/**
 * Attention of encoders, without a cache: ONNX Runtime's fused operator.
 * q, k, v [B, T, heads·d] -> [B, T, heads·d].
 */
export function writeAttention(
  writer: GraphWriter,
  q: GraphValue,
  k: GraphValue,
  v: GraphValue,
  options: AttentionOptions,
): GraphValue {
  if (options.rope !== undefined || options.kvHeads !== options.heads) {
    throw new Error('rotary and grouped-query attention need a cache layer');
  }
  return writer.node('MultiHeadAttention', [q, k, v], 'float32', q.shape, {
    domain: 'com.microsoft',
    attributes: { num_heads: options.heads, unidirectional: options.causal ? 1 : 0 },
  });
}

/**
 * Attention of decoder layers. Past keys and values are graph inputs, `past_key_N` and `past_value_N`
 * [1, kvHeads, capacity, d], of which the first `past_length` rows count; the graph returns only the rows that are
 * new, since ONNX Runtime copies every output. Scores against past and new keys are softmaxed together, so that
 * nothing is concatenated to the past.
 */
export class CachedAttention {
  readonly newRows: NewRows[] = [];
  private readonly writer: GraphWriter;
  private shared: {
    readonly pastLength: GraphValue;
    readonly positions: GraphValue;
    readonly pastMask: GraphValue;
    readonly newMask: GraphValue;
    readonly newLength: GraphValue;
    readonly cos: GraphValue;
    readonly sin: GraphValue;
  } | null = null;

  constructor(writer: GraphWriter) {
    this.writer = writer;
  }

  /** `packed` is [B, T, (heads + 2·kvHeads)·d]: queries, keys and values side by side. */
  write(packed: GraphValue, options: AttentionOptions): GraphValue {
    const { writer } = this;
    const { heads, kvHeads, rope } = options;
    if (rope === undefined || !options.causal) throw new Error('cached attention is causal and rotary');
    const layer = this.newRows.length;
    const d = rope.headDim;
    const [batch, length] = packed.shape as [Dimension, Dimension];
    const past = (kind: string) =>
      writer.input(`past_${kind}_${layer}`, 'float32', [1, kvHeads, 'capacity', d]);
    const pastKeys = past('key');
    const pastValues = past('value');
    const shared = this.shape(packed, pastKeys, rope);

    const all = splitHeads(writer, packed, heads + 2 * kvHeads);
    const [rotating, values] = this.splitHeadsAxis(all, [heads + kvHeads, kvHeads]);
    const rotated = writer.node(
      'RotaryEmbedding',
      [rotating!, shared.positions, shared.cos, shared.sin],
      'float32',
      rotating!.shape,
      { domain: 'com.microsoft', attributes: { interleaved: 0 } },
    );
    const [queries, keys] = this.splitHeadsAxis(rotated, [heads, kvHeads]);

    // Heads that share a key-value head are stacked as more queries: [B, kvHeads, group·T, d].
    const group = heads / kvHeads;
    const rows = product([group, length]);
    const grouped = reshape(writer, queries!, [batch, kvHeads, rows, d]);
    const scores = (against: GraphValue, columns: Dimension) =>
      writer.node('FusedMatMul', [grouped, against], 'float32', [batch, kvHeads, rows, columns], {
        domain: 'com.microsoft',
        attributes: { transB: 1, alpha: { float: 1 / Math.sqrt(d) } },
      });
    const pastScores = writer.node('Add', [scores(pastKeys, 'capacity'), shared.pastMask], 'float32', [
      batch,
      kvHeads,
      rows,
      'capacity',
    ]);
    const newScores = this.maskNew(scores(keys!, length), shared.newMask, shared.newLength, {
      batch,
      kvHeads,
      group,
      length,
      rows,
    });
    const joint = writer.node('Concat', [pastScores, newScores], 'float32', [batch, kvHeads, rows, 'total'], {
      attributes: { axis: -1 },
    });
    const weights = writer.node('Softmax', [joint], 'float32', joint.shape, { attributes: { axis: -1 } });
    const capacity = sizeOf(writer, pastKeys, 2);
    const sizes = writer.node('Concat', [capacity, shared.newLength], 'int64', [2], {
      attributes: { axis: 0 },
    });
    const [pastWeights, newWeights] = writer.split(
      'Split',
      [weights, sizes],
      [
        { type: 'float32', shape: [batch, kvHeads, rows, 'capacity'] },
        { type: 'float32', shape: [batch, kvHeads, rows, length] },
      ],
      { attributes: { axis: -1 } },
    );
    const mixed = [batch, kvHeads, rows, d] as const;
    const fromPast = writer.node('MatMul', [pastWeights!, pastValues], 'float32', mixed);
    const fromNew = writer.node('MatMul', [newWeights!, values!], 'float32', mixed);
    const sum = writer.node('Add', [fromPast, fromNew], 'float32', mixed);
    this.newRows.push({ keys: keys!, values: values! });
    // [B, kvHeads, group·T, d] and [B, heads, T, d] are the same memory; -1 stands for T.
    const perHead = writer.node('Reshape', [sum, writer.int64([0, heads, -1, d])], 'float32', [
      batch,
      heads,
      length,
      d,
    ]);
    return mergeHeads(writer, perHead);
  }

  /** The new rows of all layers as one output: key and value of layer 0, of layer 1, …: [2·layers, kvHeads, T, d]. */
  writeNewRows(): void {
    const { writer, newRows } = this;
    const all = newRows.flatMap(({ keys, values }) => [keys, values]);
    const shape = [all.length, ...all[0]!.shape.slice(1)];
    writer.output('new_rows', writer.node('Concat', all, 'float32', shape, { attributes: { axis: 0 } }));
  }

  private splitHeadsAxis(x: GraphValue, sizes: readonly number[]): GraphValue[] {
    const [batch, , length, d] = x.shape as [Dimension, number, Dimension, number];
    const outputs = sizes.map((size) => ({ type: x.type, shape: [batch, size, length, d] }));
    return this.writer.split('Split', [x, this.writer.int64(sizes)], outputs, { attributes: { axis: 1 } });
  }

  /** Adds the causal mask [T, T] to scores [B, kvHeads, group·T, T]. */
  private maskNew(
    scores: GraphValue,
    mask: GraphValue,
    newLength: GraphValue,
    at: { batch: Dimension; kvHeads: number; group: number; length: Dimension; rows: Dimension },
  ): GraphValue {
    const { writer } = this;
    const join = (front: readonly number[], back: readonly number[]) => {
      const parts = [writer.int64(front), newLength, ...(back.length > 0 ? [writer.int64(back)] : [])];
      return writer.node('Concat', parts, 'int64', [front.length + 1 + back.length], {
        attributes: { axis: 0 },
      });
    };
    const open = [at.batch, at.kvHeads, at.group, at.length, at.length];
    const apart = writer.node('Reshape', [scores, join([0, at.kvHeads, at.group], [-1])], 'float32', open);
    const added = writer.node('Add', [apart, mask], 'float32', open);
    return writer.node('Reshape', [added, join([0, at.kvHeads, -1], [])], 'float32', scores.shape);
  }

  /** What all layers share: positions, masks and rotary tables, written at the first layer. */
  private shape(packed: GraphValue, pastKeys: GraphValue, rope: RopeConfig) {
    if (this.shared !== null) return this.shared;
    const { writer } = this;
    const scalar = (n: number) => writer.int64([n], []);
    const toScalar = (x: GraphValue) => writer.node('Squeeze', [x, writer.int64([0])], 'int64', []);
    const pastLength = writer.input('past_length', 'int64', [1]);
    const newLength = sizeOf(writer, packed, 1);
    const capacity = toScalar(sizeOf(writer, pastKeys, 2));
    const range = (end: GraphValue, name: Dimension) =>
      writer.node('Range', [scalar(0), end, scalar(1)], 'int64', [name]);
    const choose = (condition: GraphValue) =>
      writer.node(
        'Where',
        [condition, writer.float32([0]), writer.float32([masked])],
        'float32',
        condition.shape,
      );
    const rows = range(toScalar(newLength), packed.shape[1]!);
    const pastMask = choose(
      writer.node('Less', [range(capacity, 'capacity'), pastLength], 'uint8', ['capacity']),
    );
    const across = writer.node('Unsqueeze', [rows, writer.int64([0])], 'int64', [1, packed.shape[1]!]);
    const down = writer.node('Unsqueeze', [rows, writer.int64([1])], 'int64', [packed.shape[1]!, 1]);
    const newMask = choose(
      writer.node('LessOrEqual', [across, down], 'uint8', [packed.shape[1]!, packed.shape[1]!]),
    );
    const positions = writer.node(
      'Unsqueeze',
      [writer.node('Add', [rows, pastLength], 'int64', rows.shape), writer.int64([0])],
      'int64',
      [1, packed.shape[1]!],
    );
    const tables = ropeTables(rope);
    const half = rope.headDim / 2;
    const table = (name: 'cos' | 'sin') =>
      writer.weight(`rope.${name}`, 'float32', [rope.positions, half], () => bytesOf(tables[name]));
    this.shared = {
      pastLength,
      newLength,
      pastMask,
      newMask,
      positions,
      cos: table('cos'),
      sin: table('sin'),
    };
    return this.shared;
  }
}

/** Queries, keys and values side by side, where a definition made them apart. */
export function pack(writer: GraphWriter, parts: readonly GraphValue[]): GraphValue {
  const width = parts.reduce((sum, part) => sum + (part.shape.at(-1) as number), 0);
  const shape = [...parts[0]!.shape.slice(0, -1), width];
  return writer.node('Concat', parts, 'float32', shape, { attributes: { axis: -1 } });
}
