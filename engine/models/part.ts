import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ExpectedError } from '../contract/errors.ts';
import { type PartRole, partRoles, precisionSchema, qualitySchema } from '../contract/models.ts';

/** Of the layout below; another number was written by another version of the application. */
export const partFormat = 1;
export const partFile = 'part.json';
/** Below the models folder: one folder a part, named by its key. */
export const partsFolder = 'parts';

/** A file of the part's own folder: a part that came from elsewhere must not name others. */
const fileName = z.string().regex(/^[A-Za-z0-9][\w.+-]*$/);
/** What an import looks into, by this ending. */
const graphName = fileName.endsWith('.onnx');
/** Of layers, tokens, frames: what is multiplied and allocated later. */
export const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 31);
/** Names a folder below the models folder, never one outside it. */
export const partKey = z
  .string()
  .max(200)
  .regex(/^[a-z0-9][a-z0-9._+-]*$/);
const triple = z.tuple([z.number(), z.number(), z.number()]);
const strategySchema = z.enum(['resize-naive', 'resize-crop', 'letterbox']);

/** A vision encoder: frames -> features [frames / framesPerStep, tokens, width]. */
export const encoderSpecSchema = z.object({
  role: z.literal('encoder'),
  graph: graphName,
  strategy: strategySchema,
  filter: z.enum(['bicubic', 'bilinear', 'float-bilinear']),
  size: count,
  shortSide: count.optional(),
  mean: triple,
  framesPerStep: count,
  tokens: count,
  width: count,
  clipFrames: count.nullable(),
});

/** Projectors and fusion: features of every encoder, by id -> visual tokens [tokens, hidden]. */
export const visualSpecSchema = z.object({
  role: z.literal('visual'),
  graph: graphName,
  /** As the reference writes them: "no-align+3davg+linear", "cross_attention_avg_lq"; "label-mixture" is our own. */
  projector: z.string(),
  fusion: z.string(),
  encoders: z.array(z.object({ id: z.string(), frames: count, visualTokens: count })),
  tokens: count,
  /** True where the graph has the output `mixing`: how much of each encoder is in the tokens. */
  mixing: z.boolean(),
});

export const languageModelSpecSchema = z.object({
  role: z.literal('languageModel'),
  graph: graphName,
  embeddings: fileName,
  embeddingType: z.enum(['float16', 'float32']),
  layers: count,
  kvHeads: count,
  headDim: count,
  hidden: count,
  vocab: count,
  /** The most that its positions allow. */
  contextLength: count,
});

/** Low-rank changes of a language model's linear layers: its graph with them, over its weights where they lie. */
const adapterSpecSchema = z.object({
  role: z.literal('adapter'),
  /** The language model's graph; what the changes need is inside. */
  graph: graphName,
  /** Key of the language model's part, and the file of its folder that holds the other weights. */
  languageModel: partKey,
  weights: fileName,
});

export const tokenizerSpecSchema = z.object({
  role: z.literal('tokenizer'),
  /** `gguf`: a GGUF file's metadata; `json`: tokenizer.json (and tokenizer_config.json); `sentencepiece`: tokenizer.model. */
  kind: z.enum(['gguf', 'json', 'sentencepiece']),
  file: fileName,
  /** tokenizer_config.json, where there is one. */
  config: fileName.nullable(),
});

export const partSpecSchema = z.discriminatedUnion('role', [
  encoderSpecSchema,
  visualSpecSchema,
  languageModelSpecSchema,
  adapterSpecSchema,
  tokenizerSpecSchema,
]);
export type PartSpec = z.infer<typeof partSpecSchema>;

/** What a part was made from: enough to fetch and make it again. */
export const partOriginSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hub'), repo: z.string(), revision: z.string() }),
  z.object({ kind: z.literal('local'), path: z.string() }),
  z.object({ kind: z.literal('package'), requirement: z.string() }),
]);
export type PartOrigin = z.infer<typeof partOriginSchema>;

/** Fields of a {@link PartSpec} that name files. */
const fileFields: ReadonlySet<string> = new Set(['graph', 'embeddings', 'file', 'config']);

/**
 * A part of a model, written by this application into a folder of its own, `parts/<key>`. `part.json` is written last
 * and the folder renamed into place, so that a part is there whole or not at all. Never changed afterwards, except
 * that its quality may be added.
 */
export const partSchema = z
  .object({
    format: z.literal(partFormat),
    /** `<id>-<precision>-<12 hex digits>` of a hash over everything that it is made from: the same makes the same key. */
    key: partKey,
    role: z.enum(partRoles),
    id: z.string(),
    name: z.string(),
    precision: precisionSchema.nullable(),
    licence: z.string(),
    origin: partOriginSchema,
    /** The files it was made from, with their content's hash; paths as in the origin. */
    inputs: z.array(z.object({ path: z.string(), sha256: z.string() })),
    /** Its own files, beside part.json. */
    files: z.array(z.object({ file: fileName, bytes: z.number().int().nonnegative(), sha256: z.string() })),
    quality: qualitySchema.nullable(),
    spec: partSpecSchema,
  })
  .refine(({ files, spec }) => {
    // As disks see them that do not tell capitals apart.
    const names = [partFile, ...files.map(({ file }) => file.toLowerCase())];
    const used = Object.entries(spec).filter(([field]) => fileFields.has(field));
    return (
      new Set(names).size === names.length &&
      used.every(([, name]) => name === null || files.some(({ file }) => file === name))
    );
  }, 'its files are not those that it uses');
export type Part = z.infer<typeof partSchema>;

export type SpecOf<Role extends PartRole> = Extract<PartSpec, { role: Role }>;

export function partFolder(modelsFolder: string, key: string): string {
  return join(modelsFolder, partsFolder, key);
}

/**
 * A part's description; its files are there with their sizes, their content is not looked at. Throws ExpectedError
 * 'model_incomplete' that names the part.
 */
export async function readPart(modelsFolder: string, key: string): Promise<Part> {
  const folder = partFolder(modelsFolder, key);
  const part = await readDescription(folder, key);
  for (const { file, bytes } of part.files) {
    const stats = await stat(join(folder, file)).catch(() => null);
    if (stats?.isFile() !== true) throw incomplete(key, `its file ${file} is missing`);
    if (stats.size !== bytes) throw incomplete(key, `its file ${file} has ${stats.size} bytes, not ${bytes}`);
  }
  return part;
}

async function readDescription(folder: string, key: string): Promise<Part> {
  let text: string;
  try {
    text = await readFile(join(folder, partFile), 'utf8');
  } catch (cause) {
    throw incomplete(key, 'it is not in the models folder', cause);
  }
  try {
    const part = partSchema.parse(JSON.parse(text));
    if (part.key === key && part.spec.role === part.role) return part;
  } catch (cause) {
    throw incomplete(key, `its ${partFile} cannot be read by this version`, cause);
  }
  throw incomplete(key, `its ${partFile} is of another part`);
}

function incomplete(key: string, why: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'model_incomplete',
    `The part ${key} of the model cannot be used: ${why}.`,
    'Repair the model, which fetches and makes again only what is broken.',
    cause === undefined ? undefined : { cause },
  );
}
