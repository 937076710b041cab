import { FeatureCache } from '../answering/feature-cache.ts';
import { openTokenizer } from '../answering/open-tokenizer.ts';
import { cancelled, ExpectedError } from '../contract/errors.ts';
import type { TrainConfig } from '../contract/training.ts';
import { type Model, readModel } from '../models/model.ts';
import type { Torch } from '../native/torch.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { Row } from '../training/data/rows.ts';
import type { TokenRow } from '../training/data/tokens.ts';
import { findFfmpeg } from '../video/ffmpeg.ts';
import { ClipEncoder } from './clip-encoder.ts';
import { type DataRow, problemOf, readDataSet } from './data-set.ts';
import { clipOf, type KeptExample, keptExample, tokensOf, whyUnfit } from './examples.ts';
import type { OriginalParts } from './originals.ts';

/** What a trainer works with, besides the weights. */
export interface Workbench {
  readonly torch: Torch;
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  readonly cache: FeatureCache;
  readonly parts: OriginalParts;
  readonly config: TrainConfig;
  readonly signal: AbortSignal;
  /** Ids in front of the video: 1 where the tokenizer has a BOS. */
  readonly begin: 0 | 1;
  /** Tokens of an example's video. */
  readonly visualTokens: number;
  /** Made when it is first needed. Throws ExpectedError 'ffmpeg_missing'. */
  encoder(): Promise<ClipEncoder>;
  /** Frees the encoders. */
  releaseEncoders(): Promise<void>;
}

export interface WorkbenchOptions {
  readonly torch: Torch;
  readonly modelsFolder: string;
  /** Holds features of all runs. */
  readonly featuresFolder: string;
  readonly parts: OriginalParts;
  readonly config: TrainConfig;
  readonly signal: AbortSignal;
}

export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const { torch, modelsFolder, featuresFolder, parts, config, signal } = options;
  const model = await readModel(modelsFolder, config.modelId);
  const tokenizer = await openTokenizer(model.tokenizer);
  const cache = new FeatureCache(featuresFolder, Number.POSITIVE_INFINITY);
  let made: ClipEncoder | null = null;
  return {
    ...{ torch, model, tokenizer, cache, parts, config, signal },
    begin: tokenizer.bosId === null ? 0 : 1,
    visualTokens: model.visual?.spec.tokens ?? 0,
    async encoder() {
      if (parts.visual === null) {
        throw new ExpectedError(
          'model_unsupported',
          `${model.bundle.name} is a language model alone: it sees no video.`,
          'Choose a model with encoders, or data without videos.',
        );
      }
      const { visual } = parts;
      made ??= new ClipEncoder({ torch, model, visual, cache, ffmpeg: await findFfmpeg(), signal });
      return made;
    },
    async releaseEncoders() {
      await made?.release();
      made = null;
    },
  };
}

export interface Prepared {
  readonly examples: readonly KeptExample[];
  /** A sentence each. */
  readonly leftOut: readonly string[];
}

/**
 * Rows to examples with their features. The rule for what cannot be one: a row that is malformed, whose video is missing,
 * unreadable or has frames that cannot be decoded, whose clip lies outside of it, or whose answer does not fit, is left out and
 * named; nothing stands in for it. Throws ExpectedError 'bad_request' where nothing is left, 'disk_full',
 * 'ffmpeg_missing', 'cancelled'.
 */
export async function prepareExamples(
  bench: Workbench,
  onProgress: (done: number, total: number) => void,
): Promise<Prepared> {
  const { rows, problems } = await readDataSet(bench.config.data);
  const leftOut = problems.map(({ sentence }) => sentence);
  const examples = new Map<number, KeptExample>();
  // Clips of one video one after the other: it is opened once.
  const ordered = [...rows].sort((a, b) => (a.media ?? '').localeCompare(b.media ?? '') || a.index - b.index);
  for (const [at, row] of ordered.entries()) {
    if (bench.signal.aborted) throw cancelled();
    onProgress(at, ordered.length);
    try {
      examples.set(row.index, await prepareExample(bench, row));
    } catch (error) {
      leftOut.push(problemOf(row.index, faultOfRow(error).message).sentence);
    }
  }
  await bench.releaseEncoders();
  if (examples.size === 0) {
    throw noExample(bench.config, leftOut);
  }
  return {
    examples: [...examples.values()].sort((a, b) => a.row - b.row),
    leftOut,
  };
}

/** `why`: a sentence for each row that is left out. */
export function noExample({ data }: TrainConfig, [why]: readonly string[]): ExpectedError {
  return new ExpectedError(
    'bad_request',
    `The data set ${data.file} has no example that can be used${why === undefined ? '.' : `: ${why}`}`,
    'Correct the data set.',
  );
}

/** Not a row's own fault. */
const fatal: ReadonlySet<string> = new Set([
  'cancelled',
  'disk_full',
  'ffmpeg_missing',
  'out_of_memory',
  'model_incomplete',
  'model_missing',
]);

/** What is wrong with a row that cannot be an example; throws on what is no row's own fault. */
export function faultOfRow(error: unknown): ExpectedError {
  if (error instanceof ExpectedError && !fatal.has(error.code)) return error;
  throw error;
}

/** A row's ids and labels in this run. */
export function rowTokens({ tokenizer, model, config, visualTokens }: Workbench, row: Row): TokenRow {
  return tokensOf(row, tokenizer, model.bundle.prompt, config, visualTokens);
}

async function prepareExample(bench: Workbench, { index, row, media }: DataRow): Promise<KeptExample> {
  const tokens = rowTokens(bench, row);
  const why = whyUnfit(tokens);
  if (why !== null) throw new ExpectedError('bad_request', `${why}.`, 'Correct the row.');
  const features =
    media === null ? null : (await (await bench.encoder()).encode(media, clipOf(row))).features;
  return keptExample(
    index,
    row,
    media,
    tokens,
    features?.map(({ key, length }) => ({ key: { ...key, indexes: [...key.indexes] }, length })) ?? null,
  );
}
