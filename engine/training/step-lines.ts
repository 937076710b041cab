import { readFileSync } from 'node:fs';
import type * as z from 'zod';
import { parsed } from '../store/parsed.ts';
import { writeFileWhole } from '../store/write-file.ts';

/**
 * What a run has written of its steps, a line of JSON each; none where there is no file. Lines after `step` are taken out
 * of it, and one that a kill has cut: those steps are made again. Throws what the disk throws when it is written.
 */
export function keepSteps<T extends { readonly step: number }>(
  file: string,
  schema: z.ZodType<T>,
  step: number,
): readonly T[] {
  const text = read(file);
  const lines = text.split('\n').filter((line) => line !== '');
  const kept = lines.flatMap((line) => {
    const record = parsed(schema, line);
    return record !== null && record.step <= step ? [{ line, record }] : [];
  });
  if (kept.length < lines.length || !/^$|\n$/.test(text)) {
    writeFileWhole(file, kept.map(({ line }) => `${line}\n`).join(''));
  }
  return kept.map(({ record }) => record);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
