import { join } from 'node:path';
import type { Quality } from '../../contract/models.ts';
import { type Part, partFile, partFolder } from '../../models/part.ts';
import { fromGguf } from '../../text/gguf-tokenizer.ts';
import { openTokenizer } from '../../text/open-tokenizer.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';
import { openGguf } from '../../weights/gguf.ts';
import { openFile } from '../../weights/random-access-file.ts';
import { withEncoder, withLanguageModel } from '../conversion/openings.ts';
import type { RecipePart, SourceFile } from '../conversion/recipe.ts';
import { measureQuality } from '../quality/measure-quality.ts';
import { writeWhole } from '../starter-files.ts';

export interface MeasureOptions {
  readonly modelsFolder: string;
  readonly locate: (file: SourceFile) => { readonly path: string };
  /** Of the model, for text to probe its language model with. */
  readonly tokenizer: Part;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** Whether there is anything to measure: at fp32 a part is the same, and projectors are always written so. */
export function isMeasurable({ role, precision, quality }: Part): boolean {
  const rounded = precision !== null && precision !== 'fp32';
  return quality === null && rounded && (role === 'encoder' || role === 'languageModel');
}

/** Measures a part against what it was made from and adds the figures to its description. Throws ExpectedError. */
export async function measurePart(part: Part, recipe: RecipePart, options: MeasureOptions): Promise<void> {
  const { modelsFolder, locate, signal, onProgress } = options;
  const { making } = recipe;
  const folder = partFolder(modelsFolder, part.key);
  const job = { folder, spec: part.spec, signal, onProgress };
  let quality: Quality | null = null;
  if (making.role === 'encoder') {
    const path = locate(making.weights).path;
    quality = await withEncoder(making, path, openFile, (encoder, weights) =>
      measureQuality({ ...job, reference: { role: 'encoder', encoder, weights } }),
    );
  } else if (making.role === 'languageModel') {
    const tokenizer = await tokenizerOf(modelsFolder, options.tokenizer);
    const path = locate(making.weights).path;
    quality = await withLanguageModel(making, path, openFile, (config, weights) =>
      measureQuality({ ...job, reference: { role: 'languageModel', config, weights, tokenizer } }),
    );
  }
  const described = JSON.stringify({ ...part, quality } satisfies Part, null, 1);
  await writeWhole(join(folder, partFile), [Buffer.from(`${described}\n`)]);
}

async function tokenizerOf(modelsFolder: string, { key, spec }: Part): Promise<Tokenizer | null> {
  if (spec.role !== 'tokenizer') return null;
  const folder = partFolder(modelsFolder, key);
  const file = join(folder, spec.file);
  if (spec.kind !== 'gguf') {
    return openTokenizer({ kind: spec.kind, file, config: spec.config && join(folder, spec.config) });
  }
  const source = await openGguf(file);
  try {
    return fromGguf(source.metadata, file);
  } finally {
    await source.close();
  }
}
