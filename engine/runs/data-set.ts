import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import type { DataReport, TrainConfig } from '../contract/training.ts';
import { type Row, readRows } from '../training/data/rows.ts';

/** A row that says what it should, and where its media is. */
export interface DataRow {
  /** From 0, in the file. */
  readonly index: number;
  readonly row: Row;
  /** Absolute; null for text alone. */
  readonly media: string | null;
}

export interface DataSet {
  readonly rows: readonly DataRow[];
  /** Rows that are left out, and why. */
  readonly problems: DataReport['problems'];
}

/**
 * Reads a data set of the reference's form. A row that is malformed, or whose media is not there or outside the folder, is
 * left out and named. Throws ExpectedError 'file_missing', 'file_corrupt' where it is no list of examples at all.
 */
export async function readDataSet({ file, media: folder }: TrainConfig['data']): Promise<DataSet> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ExpectedError(
      'file_missing',
      `The data set ${file} cannot be read.`,
      'Check that it is still there.',
      { cause },
    );
  });
  const json = parsed(file, text);
  const { rows, bad } = readRows(json);
  const problems = bad.map(({ index, why }) => problemOf(index, `${why}.`));
  const skipped = new Set(bad.map(({ index }) => index));
  const good: DataRow[] = [];
  const known = new Map<string, boolean>();
  let index = 0;
  for (const row of rows) {
    while (skipped.has(index)) index++;
    const name = row.video ?? row.image ?? null;
    const media = name === null ? null : within(folder, name);
    const why = name === null ? null : await whyNot(name, media, known);
    if (why === null) good.push({ index, row, media });
    else problems.push(problemOf(index, `${why}.`));
    index++;
  }
  return { rows: good, problems: problems.sort((a, b) => a.row - b.row) };
}

/** Why a row is left out. */
export function problemOf(row: number, why: string): DataReport['problems'][number] {
  return { row, sentence: `Row ${row + 1}: ${why}` };
}

const mostProblems = 100;

export function reportOf({ rows, problems }: DataSet): DataReport {
  return {
    examples: rows.length,
    withVideo: rows.filter(({ row }) => row.video !== undefined).length,
    withImage: rows.filter(({ row }) => row.image !== undefined).length,
    textOnly: rows.filter(({ media }) => media === null).length,
    problems: problems.slice(0, mostProblems),
    problemCount: problems.length,
  };
}

function parsed(file: string, text: string): unknown {
  try {
    const json: unknown = JSON.parse(text);
    if (Array.isArray(json)) return json;
  } catch (cause) {
    throw notOne(file, 'it is no JSON', cause);
  }
  throw notOne(file, 'it holds no list of examples');
}

function notOne(file: string, why: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'file_corrupt',
    `The data set ${file} cannot be used: ${why}.`,
    'A list of { id, video, conversations } is expected, as Video-LLaVA writes it.',
    cause === undefined ? undefined : { cause },
  );
}

/** Null for a path that leaves the folder. */
function within(folder: string, name: string): string | null {
  const path = resolve(join(folder, name));
  const inside = relative(resolve(folder), path);
  return isAbsolute(name) || inside.startsWith('..') || isAbsolute(inside) ? null : path;
}

async function whyNot(
  name: string,
  media: string | null,
  known: Map<string, boolean>,
): Promise<string | null> {
  if (media === null) return `${name} lies outside the data set's folder`;
  const there = known.get(media) ?? (await stat(media).catch(() => null)) !== null;
  known.set(media, there);
  return there ? null : `there is no file ${media}`;
}
