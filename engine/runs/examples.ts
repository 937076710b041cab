import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import type { FeatureCache } from '../answering/feature-cache.ts';
import { ExpectedError } from '../contract/errors.ts';
import type { TrainConfig } from '../contract/training.ts';
import type { Clip } from '../contract/video.ts';
import { writeWhole } from '../hub/starter-files.ts';
import type { PromptRule } from '../models/bundle.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { hasPicture, type Row, wordsOf } from '../training/data/rows.ts';
import {
  alignTokens,
  conversationTokens,
  mark,
  promptedTokens,
  type TokenRow,
} from '../training/data/tokens.ts';
import { type Example, predicted } from '../training/example.ts';
import { randomNumbers, shuffled } from '../training/random.ts';
import { recipes } from '../training/recipes/recipe.ts';
import type { TrainingData } from '../training/train.ts';
import type { ClipEncoder } from './clip-encoder.ts';

/**
 * An example as a run keeps it: all that it needs of the data set, which may change or go meanwhile. Its video is needed
 * again only where its features are damaged.
 */
const keptSchema = z.object({
  row: z.number().int(),
  id: z.string(),
  media: z.string().nullable(),
  clip: z.object({ from: z.number(), to: z.number().nullable() }).nullable(),
  ids: z.array(z.number().int()),
  labels: z.array(z.number().int()),
  place: z.number().int().optional(),
  words: z.number().int(),
  question: z.string(),
  wanted: z.string(),
  features: z
    .array(
      z.object({
        key: z.object({ fingerprint: z.string(), indexes: z.array(z.number().int()), encoder: z.string() }),
        length: z.number().int(),
      }),
    )
    .nullable(),
});
export type KeptExample = z.infer<typeof keptSchema>;

/** A row's ids and labels as the configuration's recipe makes them. */
export function tokensOf(
  row: Row,
  tokenizer: Tokenizer,
  rule: PromptRule,
  { recipe, maxLength }: TrainConfig,
  visualTokens: number,
): TokenRow {
  const longest = Math.max(0, maxLength - (hasPicture(row) ? visualTokens : 0));
  if (rule.kind === 'template') return promptedTokens(row, tokenizer, rule, longest);
  return recipes[recipe].text === 'caption'
    ? alignTokens(row, tokenizer, longest)
    : conversationTokens(row, tokenizer, rule.builder, longest);
}

/** Why tokens are no example; null where they are one. */
export function whyUnfit(tokens: TokenRow): string | null {
  if (predicted({ ...tokens, features: null }) > 0) return null;
  return tokens.cut > 0
    ? 'nothing that is to be learned fits into the maximum length'
    : 'there is nothing to learn';
}

export function keptExample(
  index: number,
  row: Row,
  media: string | null,
  { ids, labels, place }: TokenRow,
  features: KeptExample['features'],
): KeptExample {
  const said = (from: 'human' | 'gpt') => row.conversations.find((turn) => turn.from === from)?.value ?? '';
  return {
    row: index,
    id: String(row.id ?? index + 1),
    media,
    clip: clipOf(row),
    ids: [...ids],
    labels: [...labels],
    ...(place === undefined ? {} : { place }),
    words: wordsOf(row),
    question: said('human').replace(mark, ' ').trim(),
    wanted: said('gpt').trim(),
    features,
  };
}

export function clipOf({ clip }: Row): Clip | null {
  return clip === undefined ? null : { from: clip[0], to: clip[1] };
}

/** Line by line: a large data set is longer than a string can be. */
export async function writeExamples(path: string, examples: readonly KeptExample[]): Promise<void> {
  const lines = function* (): Generator<Uint8Array> {
    for (const example of examples) yield Buffer.from(`${JSON.stringify(example)}\n`);
  };
  await writeWhole(path, lines());
}

/** Null where none were written yet. Throws ExpectedError 'file_corrupt'. */
export async function readExamples(path: string): Promise<readonly KeptExample[] | null> {
  if (!existsSync(path)) return null;
  const examples: KeptExample[] = [];
  try {
    for await (const line of createInterface({ input: createReadStream(path) })) {
      examples.push(keptSchema.parse(JSON.parse(line)));
    }
  } catch (cause) {
    const what = `The run's examples ${path} cannot be read.`;
    throw new ExpectedError('file_corrupt', what, 'Start the run anew.', { cause });
  }
  return examples;
}

export interface ExampleSource {
  readonly data: TrainingData;
  /** Of `data.keptOut`, shown at every checkpoint. */
  readonly probes: readonly { readonly number: number; readonly kept: KeptExample }[];
  /** Tokens of the longest example without its video's. */
  readonly longest: number;
}

/** How many of so many examples are kept out of training: one at least where any are, and one at least is left to learn. */
export function keptOutOf(count: number, fraction: number): number {
  return fraction === 0 ? 0 : Math.min(Math.max(1, Math.round(count * fraction)), count - 1);
}

/** Numbers of the examples that are learned from, and of those kept out of training. */
export function splitOf(count: number, { seed, evaluation }: TrainConfig) {
  const order = shuffled(count, randomNumbers(seed ^ 0x5eed));
  const out = keptOutOf(count, evaluation.fraction);
  const rising = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
  return { keptOut: rising(order.slice(0, out)), learned: rising(order.slice(out)) };
}

/** Features that were damaged are made again; `encoder` is asked for only then. */
export function exampleSource(
  all: readonly KeptExample[],
  config: TrainConfig,
  cache: FeatureCache,
  encoder: () => Promise<ClipEncoder>,
): ExampleSource {
  const { keptOut, learned } = splitOf(all.length, config);
  const numbers = [...learned, ...keptOut];
  const hash = createHash('sha256');
  for (const example of all) hash.update(JSON.stringify(example));
  const load = async (kept: KeptExample): Promise<Example> => {
    const { ids, labels, place, features } = kept;
    const text = { ids, labels, ...(place === undefined ? {} : { place }) };
    if (features === null) return { ...text, features: null };
    return { ...text, features: await loadFeatures(kept, features) };
  };
  const loadFeatures = async (
    kept: KeptExample,
    features: NonNullable<KeptExample['features']>,
  ): Promise<readonly Float32Array[]> => {
    const found = await Promise.all(features.map(({ key, length }) => cache.read(key, length)));
    if (!found.includes(null)) return found as Float32Array[];
    await (await encoder()).encode(kept.media ?? '', kept.clip);
    const again = await Promise.all(features.map(({ key, length }) => cache.read(key, length)));
    if (!again.includes(null)) return again as Float32Array[];
    throw new ExpectedError(
      'file_corrupt',
      `The features of ${kept.media} are gone, and the video is not the one that they were made of.`,
      'Put the video back, then resume; or start the run anew.',
    );
  };
  return {
    longest: all.reduce((most, { ids }) => Math.max(most, ids.length), 0),
    data: {
      rows: learned.map((i) => ({ picture: all[i]!.features !== null, words: all[i]!.words })),
      keptOut: keptOut.map((_, i) => learned.length + i),
      hash: hash.digest('hex'),
      example: (number) => load(all[numbers[number]!]!),
      nameOf(number) {
        const { row, id } = all[numbers[number]!]!;
        return `${id} (row ${row + 1})`;
      },
    },
    probes: keptOut
      .slice(0, config.evaluation.probes)
      .map((i, at) => ({ number: learned.length + at, kept: all[i]! })),
  };
}
