import { join } from 'node:path';
import type { UsedPart } from '../models/model.ts';
import { fromGguf } from '../text/gguf-tokenizer.ts';
import { openTokenizer as openFiles } from '../text/open-tokenizer.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { openGguf } from '../weights/gguf.ts';

/** Throws ExpectedError 'file_missing', 'file_corrupt', 'model_unsupported', or what the GGUF reader throws. */
export async function openTokenizer({ folder, spec }: UsedPart<'tokenizer'>): Promise<Tokenizer> {
  const file = join(folder, spec.file);
  if (spec.kind !== 'gguf') {
    const config = spec.config === null ? null : join(folder, spec.config);
    return openFiles({ kind: spec.kind, file, config });
  }
  const source = await openGguf(file);
  try {
    return fromGguf(source.metadata, file);
  } finally {
    await source.close();
  }
}
