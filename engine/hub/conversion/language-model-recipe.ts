import * as z from 'zod';
import { ExpectedError } from '../../contract/errors.ts';
import type { PromptRule } from '../../models/bundle.ts';
import { openGguf } from '../../weights/gguf.ts';
import { withLanguageModel } from './openings.ts';
import { languageModelSizes, parametersOf, writingMemory } from './part-sizes.ts';
import { findFile, inFolder, openerOf, type Place, readJsonObject, readSmallFile } from './place.ts';
import type { LanguageModelMaking, ModelRecipe, RecipePart, SourceFile } from './recipe.ts';
import { nameOf, optionalFile, sourceFile, weightsFiles } from './source-files.ts';
import { folderTokenizer, ggufTokenizer } from './tokenizer-recipe.ts';

export interface LanguageModelDescription {
  readonly id: string;
  readonly name: string;
  readonly licence: string;
}

/** The part, and how many positions it can be used with. Reads the head of its weights. */
export async function languageModelPart(
  place: Place,
  making: LanguageModelMaking,
  files: readonly SourceFile[],
  described: LanguageModelDescription,
): Promise<{ readonly part: RecipePart<LanguageModelMaking>; readonly contextLength: number }> {
  return withLanguageModel(making, making.weights.path, openerOf(place), async (config, weights) => ({
    part: {
      ...described,
      role: 'languageModel',
      origin: place.origin,
      files,
      sizes: languageModelSizes(config, weights),
      parameters: parametersOf(weights),
      memory: writingMemory(weights),
      making,
    },
    contextLength: config.rope.positions,
  }));
}

/** A Hugging Face folder of a language model alone. */
export async function folderRecipe(place: Place, folder: string): Promise<ModelRecipe> {
  const config = await readJsonObject(place, inFolder(folder, 'config.json'));
  const described = describe(place, folder.split('/').at(-1) ?? '');
  const { main, all } = await weightsFiles(place, folder);
  const making: LanguageModelMaking = { role: 'languageModel', form: 'huggingface', config, weights: main };
  const files = [...all, sourceFile(place, inFolder(folder, 'config.json'))];
  const { part, contextLength } = await languageModelPart(place, making, files, described);
  const template = await folderTemplate(place, folder);
  const tokenizer = folderTokenizer(place, folder, tokenizerOf(described));
  const templateFile = optionalFile(place, inFolder(folder, templateName));
  return alone(part, contextLength, template, {
    ...tokenizer,
    files: templateFile === null ? tokenizer.files : [...tokenizer.files, templateFile],
  });
}

/** A GGUF file: a language model alone. */
export async function ggufRecipe(place: Place, path: string): Promise<ModelRecipe> {
  const weights = sourceFile(place, path);
  const source = await openGguf(path, openerOf(place));
  const { metadata } = source;
  await source.close();
  const named = metadata.get('general.name');
  const file = (path.split('/').at(-1) ?? path).replace(/\.gguf$/i, '');
  const described = {
    ...describe(place, file),
    name: typeof named === 'string' && named !== '' ? named : file,
  };
  const making: LanguageModelMaking = { role: 'languageModel', form: 'gguf', config: null, weights };
  const { part, contextLength } = await languageModelPart(place, making, [weights], described);
  const template = metadata.get('tokenizer.chat_template');
  const tokenizer = await ggufTokenizer(place, weights, tokenizerOf(described));
  return alone(part, contextLength, typeof template === 'string' ? template : null, tokenizer);
}

function alone(
  languageModel: ModelRecipe['languageModel'],
  contextLength: number,
  template: string | null,
  tokenizer: ModelRecipe['tokenizer'],
): ModelRecipe {
  return {
    kind: 'language-model',
    id: slug(languageModel.id),
    name: languageModel.name,
    description: `${languageModel.name}, a language model that sees no video.`,
    contextLength,
    prompt: promptOf(template),
    encoders: [],
    visual: null,
    languageModel,
    tokenizer,
  };
}

/** A model without a template of its own was not taught to chat. */
function promptOf(template: string | null): PromptRule {
  if (template === null) return { kind: 'builder', builder: 'pure' };
  return { kind: 'template', template, system: null, systemWithoutVideo: null, placement: 'after-bos' };
}

const templateName = 'chat_template.jinja';
const tokenizerConfigSchema = z.looseObject({
  chat_template: z
    .union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))])
    .nullish(),
});

/** transformers prefers the file of its own; of several named templates the default one. */
async function folderTemplate(place: Place, folder: string): Promise<string | null> {
  const file = inFolder(folder, templateName);
  if (findFile(place, file)) return new TextDecoder().decode(await readSmallFile(place, file));
  const path = inFolder(folder, 'tokenizer_config.json');
  if (!findFile(place, path)) return null;
  const config = tokenizerConfigSchema.safeParse(await readJsonObject(place, path));
  if (!config.success) {
    throw new ExpectedError(
      'model_unsupported',
      `The chat template in ${path} is not one.`,
      'Use the same model from another place.',
    );
  }
  const template = config.data.chat_template ?? null;
  if (template === null || typeof template === 'string') return template;
  return (template.find(({ name }) => name === 'default') ?? template[0])?.template ?? null;
}

/** By the folder, else the repository or the local folder's name. */
function describe(place: Place, folder: string): LanguageModelDescription {
  const own = nameOf(place).split(/[\\/]/).filter(Boolean).at(-1) ?? 'model';
  const name = folder === '' ? own : folder;
  return { id: slug(name), name, licence: place.licence ?? 'unknown' };
}

export function tokenizerOf({ id, name, licence }: LanguageModelDescription): LanguageModelDescription {
  return { id: `${id}-tokenizer`, name: `Tokenizer of ${name}`, licence };
}

/** A name that a folder can have on every system. */
export function slug(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9._-]+/g, '-');
  return plain.replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '').slice(0, 64) || 'model';
}
