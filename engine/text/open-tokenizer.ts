import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import { fromSentencePiece } from './sentencepiece-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';
import { readTokenizerConfig, withAddedTokens } from './tokenizer-config.ts';
import { fromTokenizerJson } from './tokenizer-json.ts';
import { damagedTokenizer } from './tokenizer-parts.ts';

export interface TokenizerFiles {
  /** `json`: tokenizer.json; `sentencepiece`: tokenizer.model. */
  readonly kind: 'json' | 'sentencepiece';
  readonly file: string;
  /** tokenizer_config.json, where there is one. */
  readonly config: string | null;
}

/** The largest known, with 260,000 tokens, is below 40 MB. */
const mostBytes = 256 << 20;

/**
 * A tokenizer from its files, by path; an added_tokens.json beside them is read where the configuration lists no tokens.
 * Throws ExpectedError 'file_missing', 'file_unreadable', 'file_corrupt', 'model_unsupported', each naming the file.
 */
export async function openTokenizer({ kind, file, config }: TokenizerFiles): Promise<Tokenizer> {
  let settings = readTokenizerConfig(config === null ? {} : await readJson(config), config ?? file);
  const added = join(dirname(file), 'added_tokens.json');
  if (!settings.added_tokens_decoder && (await exists(added))) {
    settings = withAddedTokens(settings, await readJson(added), added);
  }
  return kind === 'json'
    ? fromTokenizerJson(await readJson(file), settings, file)
    : fromSentencePiece(await readBytes(file), settings, file);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

async function readJson(path: string): Promise<unknown> {
  const bytes = await readBytes(path);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw damagedTokenizer(path, `it is not JSON (${error instanceof Error ? error.message : ''})`, error);
  }
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > mostBytes) throw damagedTokenizer(path, `it has ${size} bytes`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof ExpectedError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const options = { cause: error };
    throw code === 'ENOENT' || code === 'ENOTDIR'
      ? new ExpectedError('file_missing', `${path} is not there.`, 'Repair the model.', options)
      : new ExpectedError(
          'file_unreadable',
          `${basename(path)} cannot be read from ${dirname(path)} (${code}).`,
          'Check its permissions.',
          options,
        );
  }
}
