import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import { catalogueEntrySchema, choicesSchema, modelSourceSchema } from '../contract/hub.ts';

const [, hubSource] = modelSourceSchema.options;

/** One recommended model of resources/catalogue.json. */
const entrySchema = catalogueEntrySchema.omit({ modelId: true, misfit: true }).extend({
  /** `starter`: from packages, see {@link setUpStarter}. */
  source: z.discriminatedUnion('kind', [z.object({ kind: z.literal('starter') }), hubSource]),
  /** Precisions for which its figures hold; parts not named get what is proposed. */
  choices: choicesSchema,
});
export type CatalogueItem = z.infer<typeof entrySchema>;

const catalogueSchema = z.object({ format: z.literal(1), entries: z.array(entrySchema) });

/** Throws ExpectedError 'file_corrupt'. */
export async function readCatalogue(resourcesFolder: string): Promise<readonly CatalogueItem[]> {
  const path = join(resourcesFolder, 'catalogue.json');
  try {
    return catalogueSchema.parse(JSON.parse(await readFile(path, 'utf8'))).entries;
  } catch (cause) {
    throw new ExpectedError(
      'file_corrupt',
      `The catalogue of models in ${path} cannot be read.`,
      'Install MERV Studio again.',
      { cause },
    );
  }
}

/** Throws ExpectedError 'not_found', and as {@link readCatalogue}. */
export async function catalogueItem(resourcesFolder: string, id: string): Promise<CatalogueItem> {
  const item = (await readCatalogue(resourcesFolder)).find((each) => each.id === id);
  if (item) return item;
  throw new ExpectedError('not_found', `The catalogue has no model ${id}.`, 'Look at the catalogue.');
}
