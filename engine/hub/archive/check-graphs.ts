import { join } from 'node:path';
import { ExpectedError } from '../../contract/errors.ts';
import type { Part } from '../../models/part.ts';
import { type GraphFile, readGraph } from '../../nn/onnx/read-graph.ts';

/** AttributeProto.AttributeType of what our graphs' nodes carry: numbers, text and lists of numbers; no graphs, no tensors. */
const knownAttributes: ReadonlySet<number> = new Set([1, 2, 3, 7]);
const knownDomains: ReadonlySet<string> = new Set(['', 'com.microsoft']);

/**
 * A part that came from elsewhere has graphs that read their weights from files of their own folder, an adapter's from
 * its language model's, and hold nothing that ours do not. Throws ExpectedError 'file_corrupt' that names the part.
 */
export async function checkGraphs(folder: string, part: Part): Promise<void> {
  const files = new Set(part.files.map(({ file }) => file));
  const readable = new Set(part.spec.role === 'adapter' ? [...files, part.spec.weights] : files);
  for (const file of files) {
    if (!file.endsWith('.onnx')) continue;
    let graph: GraphFile;
    try {
      graph = await readGraph(join(folder, file));
    } catch (cause) {
      throw refused(part, file, 'it is no graph', cause);
    }
    const elsewhere = graph.tensors.find((tensor) => tensor.file !== null && !readable.has(tensor.file));
    if (elsewhere) throw refused(part, file, `it wants weights from ${JSON.stringify(elsewhere.file)}`);
    const strange =
      [...graph.domains].some((domain) => !knownDomains.has(domain)) ||
      [...graph.attributeTypes].some((type) => !knownAttributes.has(type));
    if (strange) throw refused(part, file, 'it holds operators that MERV Studio does not write');
  }
}

function refused(part: Part, file: string, why: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'file_corrupt',
    `${file} of the part ${part.key} is refused: ${why}.`,
    'Import only models that MERV Studio exported.',
    cause === undefined ? undefined : { cause },
  );
}
