import {
  externalThreshold,
  type GraphContents,
  type GraphValue,
  type Initializer,
  initializerBytes,
  insideTensor,
  valueInfo,
} from './graph.ts';
import { encodeModel, type NodeProto } from './proto.ts';

/** A stretch of a graph that can be run alone. */
export interface GraphSegment {
  /** Its model file's bytes; large weights are inputs of it. */
  model(): Promise<Uint8Array>;
  readonly weights: readonly Initializer[];
  /** Values that the graph's inputs or earlier segments give it. */
  readonly takes: readonly string[];
  /** Values that later segments or the caller want. */
  readonly gives: readonly string[];
  /** Values that nothing after it wants any more. */
  readonly drops: readonly string[];
}

/** A cut before a smaller weight would save nothing, and might fall between a mask and what is masked. */
const worthCutting = 1 << 16;

/**
 * A graph in consecutive stretches whose weights take at most `bytes` each (a single larger weight has one of its own),
 * so that a model can be computed whose weights never are in memory together.
 */
export function segmentsOf(graph: GraphContents, bytes: number): readonly GraphSegment[] {
  const groups = grouped(graph, bytes);
  const wantedLater = lastUses(groups, graph);
  return groups.map((nodes, number): GraphSegment => {
    const made = new Set(nodes.flatMap(({ output }) => output));
    const read = [...new Set(nodes.flatMap(({ input }) => input))].filter((name) => name !== '');
    const initializers = read.flatMap((name) => graph.initializers.get(name) ?? []);
    const takes = read.filter((name) => !made.has(name) && !graph.initializers.has(name));
    const gives = [...made].filter((name) => (wantedLater.get(name) ?? -1) > number);
    const large = initializers.filter((each) => initializerBytes(each) >= externalThreshold);
    return {
      weights: large,
      takes,
      gives,
      drops: takes.filter((name) => wantedLater.get(name) === number),
      model: async () =>
        encodeModel({
          name: `segment ${number}`,
          node: nodes,
          initializer: await Promise.all(
            initializers.filter((each) => !large.includes(each)).map(insideTensor),
          ),
          input: [...takes.map((name) => valueNamed(graph, name)), ...large.map(({ value }) => value)].map(
            valueInfo,
          ),
          output: gives.map((name) => valueInfo(valueNamed(graph, name))),
        }),
    };
  });
}

function grouped({ nodes, initializers }: GraphContents, bytes: number): readonly NodeProto[][] {
  const groups: NodeProto[][] = [[]];
  let held = new Set<string>();
  let total = 0;
  for (const node of nodes) {
    const added = node.input.filter((name) => initializers.has(name) && !held.has(name));
    const size = added.reduce((sum, name) => sum + initializerBytes(initializers.get(name)!), 0);
    if (size >= worthCutting && total > 0 && total + size > bytes) {
      groups.push([]);
      held = new Set();
      total = 0;
    }
    groups.at(-1)!.push(node);
    for (const name of added) held.add(name);
    total += size;
  }
  return groups;
}

/** By value: the number of the last segment that reads it; one beyond the last for the graph's outputs. */
function lastUses(groups: readonly NodeProto[][], { outputs }: GraphContents): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const [number, nodes] of groups.entries()) {
    for (const { input } of nodes) for (const name of input) last.set(name, number);
  }
  for (const { name } of outputs) last.set(name, groups.length);
  return last;
}

function valueNamed({ inputs, values }: GraphContents, name: string): GraphValue {
  const value = values.get(name) ?? inputs.find((input) => input.name === name);
  if (value === undefined) throw new Error(`no value ${name}`);
  return value;
}
