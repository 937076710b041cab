import * as z from 'zod';
import { bundleSchema } from '../../models/bundle.ts';
import { partKeys } from '../../models/model.ts';
import { partSchema } from '../../models/part.ts';

/** Of the layout below; another number was written by another version of the application. */
export const archiveFormat = 1;
/** The first entry of the archive. */
export const manifestFile = 'manifest.json';
/** More is no description of a model. */
export const longestManifest = 16 * 2 ** 20;

/**
 * What an exported model holds: its description, its parts' descriptions, and by them every file with length and
 * SHA-256. After it come the files, `parts/<key>/<file>`, in this order and nothing else.
 */
export const manifestSchema = z
  .object({
    format: z.literal(archiveFormat),
    application: z.literal('MERV Studio'),
    bundle: bundleSchema,
    parts: z.array(partSchema).max(64),
  })
  .refine(({ bundle, parts }) => {
    const keys = parts.map(({ key }) => key);
    return (
      new Set(keys).size === keys.length &&
      [...new Set(partKeys(bundle))].sort().join() === keys.sort().join()
    );
  }, 'its parts are not those of its model');
export type Manifest = z.infer<typeof manifestSchema>;

/** Place of a part's file in the archive. */
export const entryName = (key: string, file: string): string => `parts/${key}/${file}`;
