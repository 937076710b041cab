import { readFile, stat } from 'node:fs/promises';
import { type DecodedModel, decodeModel } from './proto.ts';

/** A weight as a graph stores it. */
export interface GraphTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** ONNX's name of its element type: float32, uint8, … */
  readonly type: string;
  readonly bytes: number;
  /** The file beside the graph that holds it; null where the graph itself does. */
  readonly file: string | null;
}

export interface GraphFile {
  readonly tensors: readonly GraphTensor[];
  /** Domains of the operators: '' is ONNX's own. */
  readonly domains: ReadonlySet<string>;
  /** Numbers of AttributeProto.AttributeType: what the nodes carry. */
  readonly attributeTypes: ReadonlySet<number>;
}

/** Names of TensorProto.DataType. */
const typeNames: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  16: 'bfloat16',
  21: 'uint4',
  22: 'int4',
};

/** Weights of a kilobyte and more are beside the graph: what is longer than this was not written here. */
const longestGraph = 256 * 2 ** 20;

/** Reads a graph file's description, not its weights. Throws an Error that says what is wrong with it. */
export async function readGraph(path: string): Promise<GraphFile> {
  if ((await stat(path)).size > longestGraph) throw new Error('it is too long for a graph');
  const { graph } = decodeModel(await readFile(path));
  return {
    tensors: graph.initializer.map(tensorOf),
    domains: new Set(graph.node.map(({ domain }) => domain)),
    attributeTypes: new Set(graph.node.flatMap(({ attribute }) => attribute.map(({ type }) => type))),
  };
}

function tensorOf({
  name,
  dims,
  dataType,
  rawData,
  externalData,
}: DecodedModel['graph']['initializer'][number]): GraphTensor {
  const at = (key: string): string | null => externalData.find((entry) => entry.key === key)?.value ?? null;
  return {
    name,
    shape: dims,
    type: typeNames[dataType] ?? `type ${dataType}`,
    bytes: rawData?.byteLength ?? (Number(at('length') ?? 0) || 0),
    file: at('location'),
  };
}
