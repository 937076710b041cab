import { ExpectedError } from '../contract/errors.ts';
import type { TransferProgress } from '../hub/huggingface/fetcher.ts';
import type { Hub } from '../hub/huggingface/hub.ts';
import { resolveSource } from '../hub/install/resolve.ts';
import { sourceFiles } from '../hub/install/source-files.ts';
import { starterSources } from '../hub/starter-sources.ts';
import { type Bundle, readBundle } from '../models/bundle.ts';
import { partKeys } from '../models/model.ts';
import { readPart } from '../models/part.ts';
import { type Originals, originalsSchema, starterOriginals } from './originals.ts';
import { readTrained } from './trained-model.ts';

export interface FindOriginalsOptions {
  readonly modelsFolder: string;
  readonly resourcesFolder: string;
  readonly hub: Hub;
  readonly signal: AbortSignal;
  /** Called where something has to be fetched. */
  readonly onProgress: (progress: TransferProgress) => void;
}

/**
 * Where a model's weights lie as they were before they were quantised; what of them is not on this machine is fetched.
 * Throws ExpectedError 'model_missing', 'model_unsupported' for a model that came as a file of converted parts, and what
 * the hub throws.
 */
export async function findOriginals(modelId: string, options: FindOriginalsOptions): Promise<Originals> {
  const { modelsFolder, resourcesFolder, hub, signal, onProgress } = options;
  const bundle = await readBundle(modelsFolder, modelId);
  const trained = await readTrained(bundle.source);
  if (trained !== null) return trained.originals;
  const pins = await pinsOf(modelsFolder, bundle);
  const resolved = await resolveSource(bundle.source, { hub, resourcesFolder, pins, signal });
  switch (resolved.kind) {
    case 'starter': {
      const gguf = starterSources.find(({ id }) => id === 'language-model')!.member.file;
      return await starterOriginals(modelsFolder, gguf, resourcesFolder);
    }
    case 'archive':
      throw new ExpectedError(
        'model_unsupported',
        `${bundle.name} was imported from ${resolved.path}, which holds its converted parts alone.`,
        'Install the model from where it was published, then train that one.',
      );
    case 'recipe': {
      const { languageModel, visual } = resolved.recipe;
      const wanted = [...languageModel.files, ...(visual?.files ?? [])];
      const files = sourceFiles({ hub, signal, hashes: {}, onNote: () => {} });
      if (!(await files.areHere(wanted))) {
        const totalBytes = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
        onProgress({ doneBytes: 0, totalBytes, bytesPerSecond: 0, path: '', doing: 'fetch' });
      }
      await files.fetch(wanted, onProgress);
      const { form, config, weights } = languageModel.making;
      return originalsSchema.parse({
        kind: 'recipe',
        languageModel: { form, config, path: files.path(weights) },
        visual:
          visual === null
            ? null
            : {
                path: files.path(visual.making.checkpoint),
                projector: visual.making.projector,
                fusion: visual.making.fusion,
                tokenLength: visual.making.tokenLength,
                encoders: visual.making.encoders,
              },
      });
    }
    default:
      return resolved satisfies never;
  }
}

/** The commits that its parts were made of. */
async function pinsOf(modelsFolder: string, bundle: Bundle): Promise<Record<string, string>> {
  const pins: Record<string, string> = {};
  for (const key of partKeys(bundle)) {
    const { origin } = await readPart(modelsFolder, key);
    if (origin.kind === 'hub') pins[origin.repo] = origin.revision;
  }
  return pins;
}
