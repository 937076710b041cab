import { ggufHead } from '../../weights/gguf-head.ts';
import { inFolder, openerOf, type Place } from './place.ts';
import type { RecipePart, SourceFile, TokenizerMaking } from './recipe.ts';
import { optionalFile, sourceFile } from './source-files.ts';

const small = { sizes: [], parameters: null, memory: 0 } as const;

/** The tokenizer of a Hugging Face folder. Throws ExpectedError 'model_incomplete' where there is none. */
export function folderTokenizer(
  place: Place,
  folder: string,
  described: { readonly id: string; readonly name: string; readonly licence: string },
): RecipePart<TokenizerMaking> {
  const at = (name: string) => inFolder(folder, name);
  const json = optionalFile(place, at('tokenizer.json'));
  const file = json ?? sourceFile(place, at('tokenizer.model'));
  const config = optionalFile(place, at('tokenizer_config.json'));
  const files = [file, ...(config === null ? [] : [config])];
  const kind = json === null ? 'sentencepiece' : 'json';
  return {
    ...small,
    ...described,
    role: 'tokenizer',
    origin: place.origin,
    files,
    sizes: [{ precision: null, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }],
    making: { role: 'tokenizer', kind, file, config },
  };
}

/** The tokenizer of a GGUF file: the file's head, without its tensors. */
export async function ggufTokenizer(
  place: Place,
  file: SourceFile,
  described: { readonly id: string; readonly name: string; readonly licence: string },
): Promise<RecipePart<TokenizerMaking>> {
  const { length } = await ggufHead(file.path, openerOf(place));
  return {
    ...small,
    ...described,
    role: 'tokenizer',
    origin: place.origin,
    files: [file],
    sizes: [{ precision: null, bytes: length }],
    making: { role: 'tokenizer', kind: 'gguf', file, config: null },
  };
}
