import { join } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import { starterWeights } from '../hub/assemble-starter.ts';
import { withLanguageModel, withVisual } from '../hub/conversion/openings.ts';
import { readLabels } from '../hub/setup.ts';
import { starterTraining } from '../hub/starter-training.ts';
import type { LlamaConfig } from '../models/llama.ts';
import type { VisualPath } from '../models/write-graphs.ts';
import type { Weights } from '../nn/weights.ts';
import { openGguf } from '../weights/gguf.ts';
import { openTensors } from '../weights/open.ts';
import { openFile } from '../weights/random-access-file.ts';
import { adapterScaleSchema, trainedParts } from './trained-weights.ts';

const size = z.number().int().positive();
const recipeSchema = z.object({
  kind: z.literal('recipe'),
  languageModel: z.object({
    form: z.enum(['merv', 'huggingface', 'gguf']),
    config: z.unknown(),
    path: z.string(),
  }),
  visual: z
    .object({
      path: z.string(),
      projector: z.string(),
      fusion: z.string().nullable(),
      tokenLength: size,
      encoders: z.array(z.object({ id: z.string(), frames: size, shape: z.tuple([size, size, size]) })),
    })
    .nullable(),
});
const starterSchema = z.object({
  kind: z.literal('starter'),
  gguf: z.string(),
  /** Holds the names of the encoder's classes, and what was trained. */
  resources: z.string(),
  /** sha256 of the starter's own adapter, which the run began with; a later version may come with another. */
  adapter: z.string().default(''),
});

/** Where a model's weights lie on this machine as they were before anything was quantised. Paths are absolute. */
export type Originals =
  | z.infer<typeof starterSchema>
  | z.infer<typeof recipeSchema>
  | {
      readonly kind: 'trained';
      readonly base: Originals;
      /** What a run has trained, by the parameters' names. */
      readonly weights: string;
      readonly adapter: z.infer<typeof adapterScaleSchema> | null;
    };

export const originalsSchema: z.ZodType<Originals> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    starterSchema,
    recipeSchema,
    z.object({
      kind: z.literal('trained'),
      base: originalsSchema,
      weights: z.string(),
      adapter: adapterScaleSchema.nullable(),
    }),
  ]),
);

export interface OriginalParts {
  readonly config: LlamaConfig;
  /** Under Hugging Face's names. */
  readonly languageModel: Weights;
  /** Null for a language model alone. */
  readonly visual: VisualPath | null;
}

/**
 * `use` gets the weights while their files are open. Throws ExpectedError 'file_missing', 'file_corrupt',
 * 'model_unsupported', 'model_incomplete'.
 */
export async function withOriginals<T>(
  originals: Originals,
  use: (parts: OriginalParts) => Promise<T>,
): Promise<T> {
  switch (originals.kind) {
    case 'starter':
      return withStarter(originals, use);
    case 'recipe': {
      const { languageModel, visual } = originals;
      return withLanguageModel(languageModel, languageModel.path, openFile, (config, weights) =>
        visual === null
          ? use({ config, languageModel: weights, visual: null })
          : withVisual(visual, visual.path, openFile, (path) =>
              use({ config, languageModel: weights, visual: path }),
            ),
      );
    }
    case 'trained':
      return withOriginals(originals.base, async (parts) => {
        const source = await openTensors(originals.weights);
        try {
          return await use(trainedParts(parts, source, originals.adapter));
        } finally {
          await source.close();
        }
      });
    default:
      return originals satisfies never;
  }
}

async function withStarter<T>(
  { gguf, resources, adapter }: z.infer<typeof starterSchema>,
  use: (parts: OriginalParts) => Promise<T>,
): Promise<T> {
  const labels = await readLabels(resources);
  const training = await starterTraining(resources);
  if (training.adapter.sha256 !== adapter) {
    throw new ExpectedError(
      'model_incomplete',
      'The starter model that this began with came with another version of MERV Studio.',
      'Train from the starter model as it is now.',
    );
  }
  const source = await openGguf(gguf).catch((error: unknown) => {
    if (!(error instanceof ExpectedError) || error.code !== 'file_missing') throw error;
    throw new ExpectedError(
      'file_missing',
      `The starter model's original weights ${gguf} are gone.`,
      'Repair the starter model, which fetches them again.',
      { cause: error },
    );
  });
  const trained = await openTensors(training.adapter.path);
  try {
    const { config, languageModel, visual } = starterWeights(source, gguf, trained);
    return await use({ config, languageModel, visual: await visual(labels) });
  } finally {
    await source.close();
    await trained.close();
  }
}

/** The starter's weights file in a models folder, as set-up fetches it. */
export async function starterOriginals(
  modelsFolder: string,
  file: string,
  resources: string,
): Promise<Originals> {
  const { adapter } = await starterTraining(resources);
  return { kind: 'starter', gguf: join(modelsFolder, '.parts', file), resources, adapter: adapter.sha256 };
}
