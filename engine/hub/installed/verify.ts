import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { cancelled, ExpectedError } from '../../contract/errors.ts';
import { readBundle } from '../../models/bundle.ts';
import { partKeys } from '../../models/model.ts';
import { type Part, partFolder, readPart } from '../../models/part.ts';

/** What is wrong with one part of a model. */
export interface PartProblem {
  readonly key: string;
  readonly sentence: string;
}

export interface VerifyOptions {
  readonly signal: AbortSignal;
  readonly onBytes: (file: string, done: number, total: number) => void;
}

/** Hashes every file of a model's parts against what was written. Throws ExpectedError 'model_missing', 'cancelled'. */
export async function verifyModel(
  modelsFolder: string,
  id: string,
  { signal, onBytes }: VerifyOptions,
): Promise<readonly PartProblem[]> {
  const keys = [...new Set(partKeys(await readBundle(modelsFolder, id)))];
  const problems: PartProblem[] = [];
  const whole: Part[] = [];
  for (const key of keys) {
    try {
      whole.push(await readPart(modelsFolder, key));
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      problems.push({ key, sentence: error.message });
    }
  }
  const total = whole.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const { key, files } of whole) {
    for (const { file, sha256 } of files) {
      const path = join(partFolder(modelsFolder, key), file);
      const found = await hashWatched(path, signal, (bytes) => {
        done += bytes;
        onBytes(file, done, total);
      });
      if (found === sha256) continue;
      problems.push({
        key,
        sentence: `${file} of the part ${key} is not what was written: its checksum differs.`,
      });
      break;
    }
  }
  return problems;
}

/** SHA-256 of a file, in hexadecimal; null where it cannot be read. Throws ExpectedError 'cancelled'. */
export async function hashWatched(
  path: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
      if (signal.aborted) throw cancelled();
      hash.update(piece);
      onBytes((piece as Buffer).length);
    }
  } catch (error) {
    if (error instanceof ExpectedError || !(error instanceof Error && 'code' in error)) throw error;
    return null;
  }
  return hash.digest('hex');
}
