import { join } from 'node:path';
import type { TensorRow } from '../contract/models.ts';
import { partsOf, readModel } from '../models/model.ts';
import { type Part, partFolder } from '../models/part.ts';
import { readGraph } from '../nn/onnx/read-graph.ts';

export interface TensorQuery {
  /** Part of a tensor's name, in any case; empty for all. */
  readonly search: string;
  readonly offset: number;
  readonly limit: number;
}

/** Tables by part: a part never changes. */
const read = new Map<string, readonly TensorRow[]>();
const keptParts = 16;

/** The weights of a model as they are stored, part by part. Throws ExpectedError 'model_missing', 'model_incomplete'. */
export async function modelTensors(
  modelsFolder: string,
  id: string,
  { search, offset, limit }: TensorQuery,
): Promise<{ total: number; rows: TensorRow[] }> {
  const wanted = search.toLowerCase();
  const rows: TensorRow[] = [];
  for (const part of partsOf(await readModel(modelsFolder, id))) {
    const all = read.get(part.key) ?? (await tensorsOf(modelsFolder, part));
    read.set(part.key, all);
    if (read.size > keptParts) read.delete(read.keys().next().value as string);
    rows.push(...all.filter(({ name }) => name.toLowerCase().includes(wanted)));
  }
  return { total: rows.length, rows: rows.slice(offset, offset + limit) };
}

/** Shapes, axes and small numbers that a graph needs for itself (nn/onnx/graph.ts): no weights of the model. */
const graphConstant = /(^|\.)(int64|float32):/;

/** What low-rank changes are called (nn/onnx/low-rank.ts). */
const adapterWeight = /\.lora_[AB]$/;

async function tensorsOf(modelsFolder: string, { key, spec, files }: Part): Promise<readonly TensorRow[]> {
  if (spec.role === 'tokenizer') return [];
  const { tensors } = await readGraph(join(partFolder(modelsFolder, key), spec.graph));
  // Those of the language model that an adapter stands beside are that part's.
  const own = spec.role === 'adapter' ? tensors.filter(({ name }) => adapterWeight.test(name)) : tensors;
  const weights = own.filter(({ name }) => !graphConstant.test(name));
  const rows = weights.map(({ name, shape, type, bytes }) => ({
    part: key,
    name,
    shape: [...shape],
    type,
    bytes,
  }));
  if (spec.role !== 'languageModel') return rows;
  const table = {
    part: key,
    name: spec.embeddings,
    shape: [spec.vocab, spec.hidden],
    type: spec.embeddingType,
    bytes: files.find(({ file }) => file === spec.embeddings)?.bytes ?? 0,
  };
  return [table, ...rows];
}
