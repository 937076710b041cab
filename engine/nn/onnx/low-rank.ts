import { ExpectedError } from '../../contract/errors.ts';
import { type Weights, weightShape } from '../weights.ts';
import { bytesOf, type Initializer } from './graph.ts';
import type { NodeProto } from './proto.ts';

/**
 * Low-rank changes of linear layers (Hu et al. 2021): y + scale · B A x, with `<layer>.lora_A.weight` [rank, in] and
 * `<layer>.lora_B.weight` [out, rank] by the layers' names.
 */
export interface LowRank {
  readonly weights: Weights;
  /** alpha / rank */
  readonly scale: number;
}

/** What of a graph decides where the changes go. */
export interface LinearGraph {
  readonly nodes: readonly NodeProto[];
  /** The values of a small constant of the graph. */
  integers(name: string): Promise<readonly number[]>;
}

/** A product with the weights of one layer, or of several that share their input and were stacked (see linear.ts). */
interface LinearNode {
  readonly node: NodeProto;
  readonly layers: readonly string[];
}

/**
 * The nodes with the changes behind the products that they change, and the weights that they need. What the layers'
 * results were called is the name of the changed ones. Throws ExpectedError 'model_unsupported' for a layer that the
 * graph does not have.
 */
export async function lowRankNodes(
  graph: LinearGraph,
  change: LowRank,
): Promise<{ readonly nodes: readonly NodeProto[]; readonly initializers: readonly Initializer[] }> {
  const wanted = new Set(
    [...change.weights.tensors.keys()].flatMap((name) => /^(.*)\.lora_A\.weight$/.exec(name)?.[1] ?? []),
  );
  const nodes: NodeProto[] = [];
  const initializers: Initializer[] = [];
  const found = new Set<string>();
  const taken = new Set(graph.nodes.flatMap(({ input }) => input));
  const linears = new Map(linearNodes(graph.nodes).map((linear) => [linear.node, linear]));
  for (const node of graph.nodes) {
    const layers = linears.get(node)?.layers ?? [];
    if (!layers.some((layer) => wanted.has(layer))) {
      nodes.push(node);
      continue;
    }
    for (const layer of layers) found.add(layer);
    const widths = await widthsOf(graph, node, layers, change.weights);
    // A graph that has an adapter already may get another.
    const key = freeName(layers.join('|'), taken);
    const { down, up } = stackedChange(change, layers, widths, key);
    initializers.push(down, up);
    const [y] = node.output as [string];
    const [plain, inner, delta] = ['plain', 'inner', 'delta'].map((part) => `${y}.${part}`) as [
      string,
      string,
      string,
    ];
    nodes.push(
      { ...node, output: [plain] },
      simpleNode('MatMul', [node.input[0]!, down.value.name], inner),
      simpleNode('MatMul', [inner, up.value.name], delta),
      simpleNode('Add', [plain, delta], y),
    );
  }
  const lost = [...wanted].find((layer) => !found.has(layer));
  if (lost !== undefined) throw noLayer(lost);
  return { nodes, initializers };
}

function freeName(key: string, taken: ReadonlySet<string>): string {
  let name = key;
  for (let count = 2; taken.has(`${name}.lora_A`); count++) name = `${key}.${count}`;
  return name;
}

function simpleNode(opType: string, input: readonly string[], output: string): NodeProto {
  return { name: `node_of_${output}`, opType, domain: '', input, output: [output], attribute: [] };
}

/** The products among the nodes, known by their weights' names. */
function linearNodes(nodes: readonly NodeProto[]): readonly LinearNode[] {
  /** Weights at half precision are widened first. */
  const casts = new Map(
    nodes.flatMap(({ opType, input, output }) =>
      opType === 'Cast' ? [[output[0]!, input[0]!] as const] : [],
    ),
  );
  return nodes.flatMap((node) => {
    const second = node.input[1] ?? '';
    const weight = casts.get(second) ?? second;
    const key = linearSuffix[node.opType]?.exec(weight)?.[1];
    return key === undefined ? [] : [{ node, layers: key.split('|') }];
  });
}

/** By operator: how the weight of a layer ends. */
const linearSuffix: Readonly<Record<string, RegExp>> = {
  MatMul: /^(.*)\.weight$/,
  MatMulNBits: /^(.*)\.values$/,
  DynamicQuantizeMatMul: /^(.*)\.values$/,
};

/** How wide each layer's result is. A stacked result is cut right behind the product, or behind what is added to it. */
async function widthsOf(
  { nodes, integers }: LinearGraph,
  node: NodeProto,
  layers: readonly string[],
  weights: Weights,
): Promise<readonly number[]> {
  if (layers.length === 1) return [weightShape(weights, `${layers[0]}.lora_B.weight`)[0]!];
  let [y] = node.output;
  for (;;) {
    const readers = nodes.filter(({ input }) => input[0] === y);
    const split = readers.find(({ opType }) => opType === 'Split');
    if (split !== undefined) return integers(split.input[1]!);
    y = readers.find(({ opType }) => opType === 'Add')?.output[0];
    if (y === undefined) throw noLayer(layers[0]!);
  }
}

/** A [in, ranks] side by side and scale · B [ranks, outputs], each at its own rows and columns. */
function stackedChange(
  { weights, scale }: LowRank,
  layers: readonly string[],
  widths: readonly number[],
  key: string,
): { readonly down: Initializer; readonly up: Initializer } {
  const changed = layers.flatMap((layer, i) => {
    if (!weights.tensors.has(`${layer}.lora_A.weight`)) return [];
    const [rank, inputs] = weightShape(weights, `${layer}.lora_A.weight`) as [number, number];
    const column = widths.slice(0, i).reduce((a, b) => a + b, 0);
    return [{ layer, rank, inputs, column, width: widths[i]! }];
  });
  const { inputs } = changed[0]!;
  const ranks = changed.reduce((sum, { rank }) => sum + rank, 0);
  const outputs = widths.reduce((a, b) => a + b, 0);
  for (const { layer, rank, width, ...own } of changed) {
    const shape = weightShape(weights, `${layer}.lora_B.weight`);
    if (own.inputs !== inputs || shape[0] !== width || shape[1] !== rank) throw noLayer(layer);
  }
  /** Reads one matrix a layer and gives its values their places. */
  const placed = (
    name: 'lora_A' | 'lora_B',
    shape: readonly [number, number],
    place: (values: Float32Array, at: (typeof changed)[number], first: number, all: Float32Array) => void,
  ): Initializer => ({
    value: { name: `${key}.${name}`, type: 'float32', shape },
    bytes: async () => {
      const all = new Float32Array(shape[0] * shape[1]);
      let first = 0;
      for (const at of changed) {
        place(await weights.read(`${at.layer}.${name}.weight`), at, first, all);
        first += at.rank;
      }
      return bytesOf(all);
    },
  });
  return {
    down: placed('lora_A', [inputs, ranks], (values, { rank }, first, all) => {
      for (let r = 0; r < rank; r++)
        for (let i = 0; i < inputs; i++) all[i * ranks + first + r] = values[r * inputs + i]!;
    }),
    up: placed('lora_B', [ranks, outputs], (values, { rank, width, column }, first, all) => {
      for (let r = 0; r < rank; r++)
        for (let i = 0; i < width; i++)
          all[(first + r) * outputs + column + i] = scale * values[i * rank + r]!;
    }),
  };
}

function noLayer(layer: string): ExpectedError {
  return new ExpectedError(
    'model_unsupported',
    `The adapter changes ${layer}, which the language model does not have in that size.`,
    'Use the adapter with the model that it was trained for.',
  );
}
