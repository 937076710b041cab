import { basename, join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import { writeWhole } from '../hub/starter-files.ts';
import type { PartDraft } from '../hub/write-part.ts';
import type { Model } from '../models/model.ts';
import { modulePrefixes } from '../models/module-prefixes.ts';
import type { AdapterScale } from '../models/overlay.ts';
import type { PartSpec } from '../models/part.ts';
import { type AdaptedGraph, adaptedGraph } from '../nn/onnx/adapted-graph.ts';
import type { Weights } from '../nn/weights.ts';

/** Of a graph with what its changes need inside: no more is read as one. */
const longest = 256 * 2 ** 20;
const graph = 'adapted.onnx';

/**
 * The base's language model with what a run has trained beside it; of a base that has an adapter, beside that one too.
 * `trained` has the parameters' names. No weight of the base is read.
 */
export function adaptedBase(
  { languageModel, adapter }: Model,
  trained: Weights,
  { rank, alpha }: AdapterScale,
): Promise<AdaptedGraph> {
  const { folder, spec } = adapter ?? languageModel;
  const prefix = modulePrefixes.languageModel;
  const own = [...trained.tensors].flatMap(([name, info]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), info] as const] : [],
  );
  const weights = { tensors: new Map(own), read: (name: string) => trained.read(`${prefix}${name}`) };
  return adaptedGraph(join(folder, spec.graph), { weights, scale: alpha / rank });
}

/** Whether an adapter of that size can be kept apart. */
export function canStandApart({ bytes }: AdaptedGraph): boolean {
  return bytes < longest;
}

/** What the part is made from: the base's graph, the checkpoint, the scale. */
export function adapterDraft(
  { languageModel: { part }, adapter }: Model,
  made: Pick<PartDraft, 'origin' | 'inputs'>,
  scale: AdapterScale,
): PartDraft {
  return {
    ...made,
    role: 'adapter',
    id: `${part.id}-adapter`,
    name: `Adapter of ${part.name}`,
    precision: 'fp32',
    licence: part.licence,
    recipe: ['adapter', 1, part.key, adapter?.part.key ?? null, scale.rank, scale.alpha],
  };
}

/** Writes the part's file. Throws ExpectedError 'bad_request' for more than can be kept apart, 'disk_full'. */
export async function writeAdapterPart(
  folder: string,
  { languageModel }: Model,
  adapted: AdaptedGraph,
): Promise<PartSpec> {
  if (!canStandApart(adapted)) {
    throw new ExpectedError(
      'bad_request',
      'The adapter is too large to be kept apart.',
      'Work it into the model instead.',
    );
  }
  await writeWhole(join(folder, graph), [await adapted.encode()]);
  const weights = `${basename(languageModel.spec.graph)}.data`;
  return { role: 'adapter', graph, languageModel: languageModel.part.key, weights };
}
