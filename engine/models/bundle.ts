import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import { modelPartSchema } from '../contract/models.ts';

/** Of the layout below; another number was written by another version of the application. */
export const bundleFormat = 1;
export const bundleFile = 'bundle.json';

const triple = z.tuple([z.number(), z.number(), z.number()]);

const encoderSchema = z.object({
  id: z.string(),
  name: z.string(),
  graph: z.string(),
  /** Frames taken from a clip. */
  frames: z.number().int(),
  strategy: z.enum(['resize-naive', 'resize-crop', 'letterbox']),
  filter: z.enum(['bicubic', 'bilinear', 'float-bilinear']),
  size: z.number().int(),
  shortSide: z.number().int().optional(),
  mean: triple,
  /** Features are [frames / framesPerStep, tokens, width]. */
  framesPerStep: z.number().int().default(1),
  tokens: z.number().int(),
  width: z.number().int(),
  clipFrames: z.number().int().nullable(),
  visualTokens: z.number().int(),
  /** Names the weights and their precision: part of the key that features are kept under. */
  hash: z.string(),
});
export type BundleEncoder = z.infer<typeof encoderSchema>;

/**
 * A model ready to run: graphs and tables written by this application, in one folder. `bundle.json` is written last,
 * so a folder without it is no model.
 */
const bundleSchema = z.object({
  format: z.literal(bundleFormat),
  id: z.string(),
  name: z.string(),
  description: z.string(),
  demonstration: z.boolean(),
  notice: z.string().nullable(),
  /** Names everything it was built from; another value means that it must be built again. */
  recipe: z.string(),
  contextLength: z.number().int(),
  encoders: z.array(encoderSchema),
  visual: z.object({ graph: z.string(), tokens: z.number().int() }),
  languageModel: z.object({
    graph: z.string(),
    embeddings: z.string(),
    embeddingType: z.enum(['float16', 'float32']),
    layers: z.number().int(),
    kvHeads: z.number().int(),
    headDim: z.number().int(),
    hidden: z.number().int(),
    vocab: z.number().int(),
  }),
  /** A path below the models folder. */
  tokenizer: z.object({ kind: z.literal('gguf'), file: z.string() }),
  prompt: z.object({
    /** A Jinja chat template. */
    template: z.string(),
    /** Put first where the conversation has no system turn of its own; the video's place is marked in it. */
    system: z.string().nullable(),
    /** Instead of `system` for a conversation without a video. */
    systemWithoutVideo: z.string().nullable(),
    placement: z.enum(['after-bos', 'marker']),
  }),
  parts: z.array(modelPartSchema),
});
export type Bundle = z.infer<typeof bundleSchema>;

/** Throws ExpectedError 'model_missing' without the file, 'model_incomplete' for one of another form. */
export async function readBundle(folder: string): Promise<Bundle> {
  const path = join(folder, bundleFile);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new ExpectedError('model_missing', `There is no model in ${folder}.`, 'Set the model up first.', {
      cause,
    });
  }
  try {
    return bundleSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ExpectedError(
      'model_incomplete',
      `The model description ${path} cannot be read by this version.`,
      'Set the model up again.',
      { cause },
    );
  }
}
