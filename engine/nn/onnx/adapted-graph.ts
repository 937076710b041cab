import { readFile } from 'node:fs/promises';
import { initializerBytes, insideTensor } from './graph.ts';
import { type LowRank, lowRankNodes } from './low-rank.ts';
import { decodeModel, encodeModel, type TensorProto } from './proto.ts';

export interface AdaptedGraph {
  /** Length of the file, up to some kilobytes of names. */
  readonly bytes: number;
  /** Reads the changes' weights and makes the file. */
  encode(): Promise<Uint8Array>;
}

/**
 * The graph of `file` with low-rank changes of its linear layers. What the changes need is inside; all other weights stay
 * where they are, in the data file beside `file`, and none is read. Throws ExpectedError 'model_unsupported' for a layer
 * that the graph does not have.
 */
export async function adaptedGraph(file: string, change: LowRank): Promise<AdaptedGraph> {
  const stored = await readFile(file);
  const { graph } = decodeModel(stored);
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const integers = async (name: string) => integersOf(constants.get(name)!.rawData!);
  const { nodes, initializers } = await lowRankNodes({ nodes: graph.node, integers }, change);
  return {
    bytes: initializers.reduce((sum, each) => sum + initializerBytes(each), stored.length),
    async encode() {
      const added: TensorProto[] = [];
      for (const each of initializers) added.push(await insideTensor(each));
      return encodeModel({ ...graph, node: nodes, initializer: [...graph.initializer, ...added] });
    },
  };
}

/** Little-endian int64s as they are stored. */
function integersOf(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 8 }, (_, i) => Number(view.getBigInt64(8 * i, true)));
}
