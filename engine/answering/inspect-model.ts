import { join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import type { ModelDetail, ModelSummary } from '../contract/models.ts';
import { readBundle } from '../models/bundle.ts';
import { type Model, partsOf, resolveModel } from '../models/model.ts';
import { promptPreview } from './prompt-preview.ts';

/** Everything about an installed model but its tensors. Throws ExpectedError 'model_missing', 'model_incomplete'. */
export async function inspectModel(modelsFolder: string, summary: ModelSummary): Promise<ModelDetail> {
  const bundle = await readBundle(modelsFolder, summary.id);
  const known = { summary, folder: join(modelsFolder, bundle.id), createdAt: bundle.createdAt };
  const own = { part: bundle.id, json: JSON.stringify(bundle, null, 2) };
  let model: Model;
  try {
    model = await resolveModel(modelsFolder, bundle);
  } catch (error) {
    // Listed with its problem: what is known of it may be looked at all the same.
    if (!(error instanceof ExpectedError)) throw error;
    return { ...known, joins: [], files: [], configs: [own], promptPreview: '' };
  }
  const parts = partsOf(model);
  return {
    ...known,
    joins: joinsOf(model),
    files: parts.flatMap(({ key, files }) => files.map((file) => ({ part: key, ...file }))),
    configs: [own, ...parts.map((part) => ({ part: part.key, json: JSON.stringify(part, null, 2) }))],
    promptPreview: await promptPreview(model).catch((error: unknown) => {
      if (error instanceof ExpectedError) return error.message;
      throw error;
    }),
  };
}

function joinsOf({ encoders, visual, languageModel, adapter, tokenizer }: Model): ModelDetail['joins'] {
  const [words, answers] = [tokenizer.part.key, languageModel.part.key];
  const eyes = encoders.flatMap(({ part, frames, spec }) => [
    { from: 'video', to: part.key, label: `${frames} frames` },
    {
      from: part.key,
      to: visual?.part.key ?? answers,
      label: `${frames / spec.framesPerStep} × ${spec.tokens} × ${spec.width}`,
    },
  ]);
  const seen =
    visual === null ? [] : [{ from: visual.part.key, to: answers, label: `${visual.spec.tokens} tokens` }];
  const beside =
    adapter === null ? [] : [{ from: adapter.part.key, to: answers, label: 'changes of its layers' }];
  return [
    ...eyes,
    ...seen,
    ...beside,
    { from: 'question', to: words, label: 'text' },
    { from: words, to: answers, label: 'token ids' },
    { from: answers, to: 'answer', label: 'token ids' },
  ];
}
