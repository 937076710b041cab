import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import { modelSourceSchema } from '../contract/hub.ts';
import { count, partKey } from './part.ts';

/** Of the layout below; another number was written by another version of the application. */
export const bundleFormat = 2;
export const bundleFile = 'bundle.json';
/** In the folder that the source of a model names which was trained here: what it was trained from. */
export const trainedFile = 'trained.json';

const useOf = z.object({ part: partKey });

/** How a conversation becomes a prompt. */
export const promptRuleSchema = z.discriminatedUnion('kind', [
  /** The model's own Jinja chat template. */
  z.object({
    kind: z.literal('template'),
    template: z.string(),
    /** Put first where the conversation has no system turn of its own; the video's place is marked in it. */
    system: z.string().nullable(),
    /** Instead of `system` for a conversation without a video. */
    systemWithoutVideo: z.string().nullable(),
    placement: z.enum(['after-bos', 'marker']),
  }),
  /** One of the reference's prompt builders (merv/models/backbones/llm/prompting), to the letter. */
  z.object({
    kind: z.literal('builder'),
    builder: z.enum(['pure', 'llama2-chat', 'llama3.1-chat', 'vicuna', 'qwen2']),
  }),
]);
export type PromptRule = z.infer<typeof promptRuleSchema>;

/**
 * A model: which parts of the models folder it is made of, and how they are used. One file, `<models>/<id>/bundle.json`,
 * written after its parts, so that a model is there whole or not at all.
 */
export const bundleSchema = z.object({
  format: z.literal(bundleFormat),
  id: z
    .string()
    .max(200)
    .regex(/^[a-z0-9][a-z0-9._-]*$/),
  name: z.string().max(500),
  description: z.string(),
  demonstration: z.boolean(),
  notice: z.string().nullable(),
  createdAt: z.number(),
  /** What to install to get the same again. */
  source: modelSourceSchema,
  contextLength: count,
  /** In the order of the reference's `video_backbone_ids`; empty for a language model alone. */
  encoders: z.array(useOf.extend({ id: z.string(), frames: count })),
  /** Null exactly where there are no encoders. */
  visual: useOf.nullable(),
  languageModel: useOf,
  /** Beside the language model of `of`, another model, which it was trained from; absent where nothing is beside it. */
  adapter: useOf.extend({ of: z.string() }).optional(),
  tokenizer: useOf,
  prompt: promptRuleSchema,
});
export type Bundle = z.infer<typeof bundleSchema>;

/** Throws ExpectedError 'model_missing' without the file, 'model_incomplete' for one of another form or version. */
export async function readBundle(modelsFolder: string, id: string): Promise<Bundle> {
  const path = join(modelsFolder, id, bundleFile);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new ExpectedError(
      'model_missing',
      `There is no model ${id} in ${modelsFolder}.`,
      'Install it, or choose another.',
      { cause },
    );
  }
  try {
    const bundle = bundleSchema.parse(JSON.parse(text));
    if (bundle.id === id && (bundle.visual === null) === (bundle.encoders.length === 0)) return bundle;
  } catch (cause) {
    throw unreadable(path, cause);
  }
  throw unreadable(path);
}

function unreadable(path: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'model_incomplete',
    `The model description ${path} cannot be read by this version.`,
    'Install the model again.',
    cause === undefined ? undefined : { cause },
  );
}
