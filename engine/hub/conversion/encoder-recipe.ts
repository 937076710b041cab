import { ExpectedError } from '../../contract/errors.ts';
import type { ResizeStrategy } from '../../models/encoder.ts';
import type { FeatureShape } from '../../models/projectors/projector.ts';
import { encoderSource } from './encoder-sources.ts';
import { withEncoder } from './openings.ts';
import { encoderSizes, parametersOf, writingMemory } from './part-sizes.ts';
import { openerOf, type Places, readJsonObject } from './place.ts';
import type { EncoderMaking, RecipePart } from './recipe.ts';
import { sourceFile, weightsFiles } from './source-files.ts';

export interface EncoderRecipe {
  readonly part: RecipePart<EncoderMaking>;
  /** Of the features of so many frames. */
  readonly shape: (frames: number) => FeatureShape;
}

/**
 * An encoder by the reference's id, from the repository that the reference takes it from. Throws ExpectedError
 * 'model_unsupported' for an id or a checkpoint that cannot be run, 'model_incomplete', and what the place throws.
 */
export async function encoderRecipe(
  id: string,
  strategy: ResizeStrategy,
  places: Places,
): Promise<EncoderRecipe> {
  const source = encoderSource(id);
  if (source === null) {
    throw new ExpectedError(
      'model_unsupported',
      `The model uses the encoder ${id}, which is not known.`,
      'Choose another model.',
    );
  }
  const place = await places.repo(source.repo, null);
  const config = await readJsonObject(place, 'config.json');
  const { main, all } = await weightsFiles(place, '');
  const making: EncoderMaking = { role: 'encoder', id, config, strategy, weights: main };
  return withEncoder(making, main.path, openerOf(place), async (encoder, weights) => {
    const { framesPerStep, tokens, width, clipFrames } = encoder.spec;
    return {
      part: {
        role: 'encoder',
        id,
        name: source.name,
        licence: place.licence ?? source.licence,
        origin: place.origin,
        files: [...all, sourceFile(place, 'config.json')],
        sizes: encoderSizes(encoder, weights),
        parameters: parametersOf(weights),
        memory: writingMemory(weights),
        making,
      },
      shape: (frames) => {
        if (frames % (clipFrames ?? 1) === 0) return [frames / framesPerStep, tokens, width];
        throw new ExpectedError(
          'model_unsupported',
          `The encoder ${id} takes ${clipFrames} frames at a time, but the model gives it ${frames}.`,
          'Check num_frames in the model’s config.json.',
        );
      },
    };
  });
}
