import type { BatchExample, DataReport } from '../contract/training.ts';
import { wordsOf } from '../training/data/rows.ts';
import type { TokenRow } from '../training/data/tokens.ts';
import { ignored } from '../training/example.ts';
import { batches } from '../training/train.ts';
import type { EncodedClip } from './clip-encoder.ts';
import { type DataRow, problemOf } from './data-set.ts';
import { clipOf, splitOf } from './examples.ts';
import { planOf } from './plan.ts';
import { faultOfRow, type Workbench } from './prepare.ts';

/** A row with the ids and labels that it has in the run. */
export interface TokenisedRow extends TokenRow {
  readonly row: DataRow;
}

export interface FirstBatch<T> {
  readonly examples: BatchExample[];
  /** How long a clip took to encode; 0 where all were kept from before. */
  readonly secondsPerClip: number;
  /** The rows without those that turned out to be no examples, and what is wrong with these. */
  readonly usable: readonly T[];
  readonly problems: DataReport['problems'];
}

const shownExamples = 8;

/**
 * The first step's examples as the model gets them. A row whose video turns out to be bad is left out, as the run does it,
 * and the batch is another one. Throws ExpectedError of what is no row's own fault.
 */
export async function firstBatch<T extends TokenisedRow>(
  bench: Workbench,
  rows: readonly T[],
): Promise<FirstBatch<T>> {
  const problems: DataReport['problems'] = [];
  let usable = rows;
  let seconds = 0;
  let computed = 0;
  for (;;) {
    const shown = firstRows(bench, usable).slice(0, shownExamples);
    const clips: (EncodedClip | null)[] = [];
    let bad: T | null = null;
    for (const each of shown) {
      const { row } = each;
      const started = performance.now();
      try {
        clips.push(
          row.media === null ? null : await (await bench.encoder()).encode(row.media, clipOf(row.row)),
        );
      } catch (error) {
        problems.push(problemOf(row.index, faultOfRow(error).message));
        bad = each;
        break;
      }
      if (clips.at(-1)?.computed !== true) continue;
      seconds += (performance.now() - started) / 1000;
      computed++;
    }
    if (bad === null) {
      const examples: BatchExample[] = [];
      for (const [i, each] of shown.entries()) examples.push(await exampleOf(bench, each, clips[i] ?? null));
      return { examples, secondsPerClip: computed === 0 ? 0 : seconds / computed, usable, problems };
    }
    usable = usable.filter((each) => each !== bad);
  }
}

/** Those that the first step learns from, in their order. */
function firstRows<T extends TokenisedRow>({ config }: Workbench, rows: readonly T[]): readonly T[] {
  if (rows.length === 0) return [];
  const learned = splitOf(rows.length, config).learned.map((i) => rows[i]!);
  const sizes = learned.map(({ row }) => ({ picture: row.media !== null, words: wordsOf(row.row) }));
  return batches(planOf(config, 1, 0), sizes)(1).map((i) => learned[i]!);
}

async function exampleOf(
  bench: Workbench,
  tokens: TokenisedRow,
  clip: EncodedClip | null,
): Promise<BatchExample> {
  const { row, ids, place, cut } = tokens;
  const { media } = row;
  const visualTokens = clip === null ? 0 : bench.visualTokens;
  return {
    id: String(row.row.id ?? row.index + 1),
    media,
    frames: [...(clip?.frames ?? [])],
    pictures:
      media === null || clip === null
        ? []
        : [...(await (await bench.encoder()).pictures(media, clip.frames))],
    visualTokens,
    tokens: ids.length + visualTokens,
    pieces: piecesOf(bench, tokens, clip === null ? null : (place ?? bench.begin)),
    cut,
  };
}

type Piece = BatchExample['pieces'][number];

/** Ids with and without loss, in turns, as text; the video's tokens stand before the id of number `videoAt`. */
function piecesOf(
  { tokenizer }: Workbench,
  { ids, labels }: Pick<TokenRow, 'ids' | 'labels'>,
  videoAt: number | null,
): Piece[] {
  const pieces: Piece[] = [];
  const stream = tokenizer.stream();
  const add = (kind: Piece['kind'], text: string): void => {
    const last = pieces.at(-1);
    if (last?.kind === kind) pieces[pieces.length - 1] = { kind, text: last.text + text };
    else pieces.push({ kind, text });
  };
  for (const [i, id] of ids.entries()) {
    if (i === videoAt) add('video', '');
    add(labels[i] === ignored ? 'given' : 'learned', tokenizer.specials.get(id) ?? stream.push(id));
  }
  if (videoAt === ids.length) add('video', '');
  return pieces;
}
