import { ExpectedError } from '../../contract/errors.ts';
import { visualGraph } from '../../models/write-graphs.ts';
import { builderOf } from '../../text/prompt-builders/builders.ts';
import { type EncoderRecipe, encoderRecipe } from './encoder-recipe.ts';
import { languageModelPart, slug, tokenizerOf } from './language-model-recipe.ts';
import { llmSource } from './llm-sources.ts';
import { type MervConfig, readMervConfig } from './merv-config.ts';
import { withVisual } from './openings.ts';
import { openerOf, type Place, type Places, readJsonObject } from './place.ts';
import type { LanguageModelMaking, ModelRecipe, RecipePart, SourceFile, VisualMaking } from './recipe.ts';
import { sourceFile } from './source-files.ts';
import { folderTokenizer } from './tokenizer-recipe.ts';

/** The reference's own names of its models (merv/models/registry.py). */
const knownNames: Readonly<Record<string, string>> = {
  'merv-frozen': 'MERV Frozen',
  'merv-full': 'MERV Full',
  'languagebind-single': 'MERV with LanguageBind alone',
  'dinov2-single': 'MERV with DINOv2 alone',
  'vivit-single': 'MERV with ViViT alone',
  'siglip-single': 'MERV with SigLIP alone',
};

/** Of `tyleryzhu/merv` and of the reference. */
const mervLicence = 'mit';

/**
 * A run of the reference: config.json and a checkpoint that holds projectors, fusion and language model. Encoders, and the
 * base model's configuration and tokenizer, come from the repositories that the reference takes them from.
 * Throws ExpectedError 'model_unsupported', 'model_incomplete', and what places throw.
 */
export async function mervRecipe(
  place: Place,
  paths: { readonly config: string; readonly checkpoint: string },
  places: Places,
): Promise<ModelRecipe> {
  const config = readMervConfig(await readJsonObject(place, paths.config), paths.config);
  const llm = llmSource(config.llm_backbone_id);
  const builder = builderOf(config.llm_backbone_id);
  if (llm === null || builder === null) {
    throw new ExpectedError(
      'model_unsupported',
      `The model uses the language model ${config.llm_backbone_id}, which is not known.`,
      'Choose another model.',
    );
  }
  const name = knownNames[config.model_id] ?? config.model_id;
  const checkpoint = sourceFile(place, paths.checkpoint);
  const files = [checkpoint, sourceFile(place, paths.config)];
  const eyes = await encodersOf(config, places);
  const visual = await visualPart(place, name, config, checkpoint, files, eyes);

  const base = await places.repo(llm.repo, null);
  const licence = base.licence ?? llm.licence;
  const described = { id: config.llm_backbone_id, name: `${llm.name} of ${name}`, licence };
  const making: LanguageModelMaking = {
    role: 'languageModel',
    form: 'merv',
    config: await readJsonObject(base, 'config.json'),
    weights: checkpoint,
  };
  const llmFiles = [checkpoint, sourceFile(base, 'config.json')];
  const { part, contextLength } = await languageModelPart(place, making, llmFiles, described);
  return {
    kind: 'merv',
    id: slug(config.model_id),
    name,
    description: `${eyes.map(({ recipe }) => recipe.part.name).join(', ')} and ${llm.name}.`,
    contextLength,
    prompt: { kind: 'builder', builder },
    encoders: eyes.map(({ recipe, id, frames }) => ({ part: recipe.part, id, frames })),
    visual,
    languageModel: part,
    tokenizer: folderTokenizer(base, '', tokenizerOf({ ...described, name: llm.name })),
  };
}

interface Eye {
  readonly recipe: EncoderRecipe;
  /** Unlike any other of the model. */
  readonly id: string;
  readonly frames: number;
}

async function encodersOf(config: MervConfig, places: Places): Promise<readonly Eye[]> {
  const known = new Map<string, EncoderRecipe>();
  const eyes: Eye[] = [];
  for (const [i, name] of config.video_backbone_ids.entries()) {
    const recipe = known.get(name) ?? (await encoderRecipe(name, config.image_resize_strategy, places));
    known.set(name, recipe);
    const earlier = config.video_backbone_ids.slice(0, i).filter((other) => other === name).length;
    eyes.push({ recipe, id: earlier === 0 ? name : `${name}-${earlier + 1}`, frames: config.frames[i]! });
  }
  return eyes;
}

async function visualPart(
  place: Place,
  name: string,
  config: MervConfig,
  checkpoint: SourceFile,
  files: readonly SourceFile[],
  eyes: readonly Eye[],
): Promise<RecipePart<VisualMaking>> {
  const making: VisualMaking = {
    role: 'visual',
    checkpoint,
    projector: config.arch_specifier,
    fusion: config.feature_fusion,
    tokenLength: config.projector_token_length,
    encoders: eyes.map(({ recipe, id, frames }) => ({ id, frames, shape: recipe.shape(frames) })),
  };
  const bytes = await withVisual(making, checkpoint.path, openerOf(place), async (visual) =>
    visualGraph(visual).writer.weightBytes(),
  );
  return {
    role: 'visual',
    id: `${slug(config.model_id)}-visual`,
    name: `Projectors and fusion of ${name}`,
    licence: place.licence ?? mervLicence,
    origin: place.origin,
    files,
    sizes: [{ precision: 'fp32', bytes }],
    parameters: Math.round(bytes / 4),
    memory: 3 * bytes,
    making,
  };
}
