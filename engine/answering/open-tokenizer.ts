import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import type { UsedPart } from '../models/model.ts';
import { fromGguf } from '../text/gguf-tokenizer.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { fromTokenizerJson } from '../text/tokenizer-json.ts';
import { openGguf } from '../weights/gguf.ts';

/** Throws ExpectedError 'model_incomplete', 'model_unsupported', or what the file's reader throws. */
export async function openTokenizer({ folder, spec }: UsedPart<'tokenizer'>): Promise<Tokenizer> {
  const path = join(folder, spec.file);
  switch (spec.kind) {
    case 'gguf': {
      const source = await openGguf(path);
      try {
        return fromGguf(source.metadata);
      } finally {
        await source.close();
      }
    }
    case 'json':
      return fromTokenizerJson(
        await readJson(path),
        spec.config === null ? {} : await readJson(join(folder, spec.config)),
      );
    case 'sentencepiece':
      throw new ExpectedError(
        'model_unsupported',
        `This version does not read the tokenizer ${path}.`,
        'Choose another model.',
      );
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new ExpectedError('model_incomplete', `The file ${path} cannot be read.`, 'Repair the model.', {
      cause,
    });
  }
}
