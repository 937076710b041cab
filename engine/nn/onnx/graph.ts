import type { AttributeProto, NodeProto, TensorProto, ValueInfoProto } from './proto.ts';

/** ONNX element types, TensorProto.DataType. */
export const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 } as const;
export type ElementType = keyof typeof elementTypes;

const elementBytes: Readonly<Record<ElementType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  float16: 2,
};

/** A number, or a name for a size known only when the graph runs. */
export type Dimension = number | string;

/** A tensor of the graph under construction. */
export interface GraphValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

type Attribute = number | string | readonly number[] | { readonly float: number };

interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** ONNX Runtime's own operators live in 'com.microsoft'. */
  readonly domain?: 'com.microsoft';
}

/** Bytes of a weight, made only when the graph is written, one weight at a time. */
export type WeightBytes = () => Promise<Uint8Array> | Uint8Array;

export interface Initializer {
  readonly value: GraphValue;
  readonly bytes: WeightBytes;
}

/** Weights from this size on go to the data file beside the graph, page-aligned so that they can be mapped. */
export const externalThreshold = 1024;
export const pageSize = 4096;

function encodeAttribute(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'string') return { name, type: 3, s: Buffer.from(value) };
  if (typeof value === 'number') return { name, type: 2, i: value };
  if ('float' in value) return { name, type: 1, f: value.float };
  return { name, type: 7, ints: value };
}

export function valueInfo(value: GraphValue): ValueInfoProto {
  const dim = value.shape.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }));
  return { name: value.name, type: { tensorType: { elemType: elementTypes[value.type], shape: { dim } } } };
}

/** Bytes that a weight takes. */
export function initializerBytes({ value }: Initializer): number {
  return (value.shape as readonly number[]).reduce((a, b) => a * b, elementBytes[value.type]);
}

/** A weight inside a graph. */
export async function insideTensor({ value, bytes }: Initializer): Promise<TensorProto> {
  const dims = value.shape as readonly number[];
  return { name: value.name, dims, dataType: elementTypes[value.type], rawData: await bytes() };
}

export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** What a graph is made of, in the order in which it is computed. */
export interface GraphContents {
  readonly nodes: readonly NodeProto[];
  readonly initializers: ReadonlyMap<string, Initializer>;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  /** By name: everything that a node gives. */
  readonly values: ReadonlyMap<string, GraphValue>;
}

/** Collects nodes and weights, for {@link saveGraph} to write. Knows nothing of models. */
export class GraphWriter {
  private readonly nodes: NodeProto[] = [];
  private readonly initializers = new Map<string, Initializer>();
  private readonly inputs: GraphValue[] = [];
  private readonly outputs: GraphValue[] = [];
  private readonly values = new Map<string, GraphValue>();
  private count = 0;
  private scope = '';

  input(name: string, type: ElementType, shape: readonly Dimension[]): GraphValue {
    const value = { name, type, shape };
    this.inputs.push(value);
    return value;
  }

  get contents(): GraphContents {
    const { nodes, initializers, inputs, outputs, values } = this;
    return { nodes, initializers, inputs, outputs, values };
  }

  hasInput(name: string): boolean {
    return this.inputs.some((input) => input.name === name);
  }

  /** Gives a value its public name. */
  output(name: string, value: GraphValue): void {
    const named = { ...value, name };
    this.push('Identity', [value], [name], {});
    this.outputs.push(named);
    this.values.set(name, named);
  }

  /** Weights that `build` asks for are apart from those of the same key elsewhere in the graph. */
  within<T>(scope: string, build: () => T): T {
    const outer = this.scope;
    this.scope = `${outer}${scope}.`;
    try {
      return build();
    } finally {
      this.scope = outer;
    }
  }

  /** A weight under a key that is unique in its scope; asking twice gives the same one. */
  weight(key: string, type: ElementType, shape: readonly number[], bytes: WeightBytes): GraphValue {
    const name = this.scope + key;
    const existing = this.initializers.get(name);
    if (existing !== undefined) return existing.value;
    const value = { name, type, shape };
    this.initializers.set(name, { value, bytes });
    return value;
  }

  int64(values: readonly number[], shape: readonly number[] = [values.length]): GraphValue {
    const key = `int64:${values.join(',')}:${shape.join(',')}`;
    return this.weight(key, 'int64', shape, () => bytesOf(BigInt64Array.from(values, BigInt)));
  }

  float32(values: readonly number[], shape: readonly number[] = []): GraphValue {
    const key = `float32:${values.join(',')}:${shape.join(',')}`;
    return this.weight(key, 'float32', shape, () => bytesOf(Float32Array.from(values)));
  }

  /** One output, of the given type and shape. An absent optional input is null. */
  node(
    opType: string,
    inputs: readonly (GraphValue | null)[],
    type: ElementType,
    shape: readonly Dimension[],
    options: NodeOptions = {},
  ): GraphValue {
    const value = { name: this.fresh(opType), type, shape };
    this.push(opType, inputs, [value.name], options);
    this.values.set(value.name, value);
    return value;
  }

  /** A node with several outputs. */
  split(
    opType: string,
    inputs: readonly (GraphValue | null)[],
    outputs: readonly { readonly type: ElementType; readonly shape: readonly Dimension[] }[],
    options: NodeOptions = {},
  ): GraphValue[] {
    const values = outputs.map((output) => ({ ...output, name: this.fresh(opType) }));
    this.push(
      opType,
      inputs,
      values.map((value) => value.name),
      options,
    );
    for (const value of values) this.values.set(value.name, value);
    return values;
  }

  private fresh(opType: string): string {
    this.count += 1;
    return `${opType}_${this.count}`;
  }

  private push(
    opType: string,
    inputs: readonly (GraphValue | null)[],
    output: readonly string[],
    { attributes = {}, domain }: NodeOptions,
  ): void {
    // An absent input at the end is left out: named as empty it keeps ONNX Runtime from fusing what follows a Conv.
    const input = inputs.map((value) => value?.name ?? '');
    while (input.at(-1) === '') input.pop();
    this.nodes.push({
      name: `node_${this.nodes.length}`,
      opType,
      domain: domain ?? '',
      input,
      output,
      attribute: Object.entries(attributes).map(([key, value]) => encodeAttribute(key, value)),
    });
  }

  /** Bytes of the weights that {@link saveGraph} will write, without reading any of them. */
  weightBytes(): number {
    let inside = 0;
    let beside = 0;
    for (const initializer of this.initializers.values()) {
      const bytes = initializerBytes(initializer);
      if (bytes < externalThreshold) inside += bytes;
      else beside = Math.ceil(beside / pageSize) * pageSize + bytes;
    }
    return inside + beside;
  }
}
