import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';

export const addedTokenSchema = z.object({
  id: z.int().nonnegative(),
  content: z.string().min(1),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().default(false),
  special: z.boolean().default(false),
});
/** A token that is cut out of the text before the model sees it (Hugging Face's AddedToken). */
export type AddedToken = z.infer<typeof addedTokenSchema>;

/** A step of a pipeline in tokenizer.json: its type and its own settings. */
export const stepSchema = z.looseObject({ type: z.string() });
export type Step = z.infer<typeof stepSchema>;

/** What a tokenizer is made of, whatever file it came from; the steps are named and set as in tokenizer.json. */
export interface TokenizerParts {
  /** For errors. */
  readonly file: string;
  readonly added: readonly AddedToken[];
  readonly normalizer: Step | null;
  readonly preTokenizer: Step | null;
  readonly decoder: Step | null;
  /** The model's own tokens. */
  readonly ids: ReadonlyMap<string, number>;
  /** Rank by "left right"; the lowest is joined first. */
  readonly merges: ReadonlyMap<string, number>;
  readonly unknown: string | null;
  /** Characters that are no token become those of their UTF-8 bytes, `<0xE4>`. */
  readonly byteFallback: boolean;
  /** Neighbouring unknown characters become one token. */
  readonly fuseUnknown: boolean;
  /** A whole word that is a token is taken as it is. */
  readonly ignoreMerges: boolean;
}

/** No vocabulary comes near; an id from a hostile file must not size a table. */
export const mostTokens = 4_000_000;

/** A file that is whole as far as we can tell, but holds a tokenizer of a kind that is not known. */
export function unsupportedTokenizer(file: string, detail: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'model_unsupported',
    `The tokenizer in ${file} cannot be used: ${detail.slice(0, 300)}.`,
    'Choose another model.',
    cause === undefined ? undefined : { cause },
  );
}

/** A file that contradicts itself or is not of the form it should have. */
export function damagedTokenizer(file: string, detail: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'file_corrupt',
    `The tokenizer in ${file} is damaged: ${detail.slice(0, 300)}.`,
    'Fetch or copy the file again.',
    cause === undefined ? undefined : { cause },
  );
}

/** The first thing that is wrong, in a few words. */
export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join('.').slice(0, 100)}: ${issue.message}` : 'unknown form';
}
