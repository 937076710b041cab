import { ExpectedError } from '../../contract/errors.ts';
import type { PrecisionChoices } from '../../contract/hub.ts';
import type { Bundle } from '../../models/bundle.ts';
import type { Part } from '../../models/part.ts';
import { bundleOf } from '../conversion/bundle-of.ts';
import { convertPart, draftOf } from '../conversion/convert-part.ts';
import { type ModelRecipe, type RecipePart, recipeParts, type SourceFile } from '../conversion/recipe.ts';
import type { JobContext } from '../jobs/work.ts';
import { writeBundle } from '../write-bundle.ts';
import { partKey, presentPart } from '../write-part.ts';
import { isMeasurable, measurePart } from './measure-part.ts';
import { bytesOf, precisionOf } from './precisions.ts';
import type { SourceFiles } from './source-files.ts';

export interface MakeOptions {
  readonly modelsFolder: string;
  readonly recipe: ModelRecipe;
  readonly choices: PrecisionChoices;
  readonly files: SourceFiles;
  readonly chosen: Pick<Bundle, 'id' | 'name' | 'source' | 'createdAt'>;
  readonly context: JobContext;
  /** Called when all that is needed is here and nothing was changed yet. */
  readonly beforeConversion: () => Promise<void>;
  /** Parts that are there, but not to be used. */
  readonly broken: ReadonlySet<string>;
}

/** A part on its way. */
interface Making {
  readonly recipe: RecipePart;
  readonly precision: ReturnType<typeof precisionOf>;
  readonly key: string;
}

/**
 * Makes a model of its recipe: fetches, converts and measures what is not there, then writes its description. Each step
 * is whole or not there, and what is there is not done again, so that a killed one is simply run again. Throws
 * ExpectedError of the hub, of conversion, 'disk_full', 'cancelled'.
 */
export async function makeModel(options: MakeOptions): Promise<Bundle> {
  const { modelsFolder, recipe, context, chosen, beforeConversion } = options;
  const all = await keysOf(options);
  context.countOn(all.map(({ key }) => key));
  const missing = await missingOf(options, all);
  await fetchFor(options, missing);
  await beforeConversion();
  await context.inTurn(() => convertAll(options, missing));
  const made = await Promise.all(all.map(({ key }) => presentPart(modelsFolder, key)));
  const lost = all.find((_, at) => made[at] === null);
  // Converted or found, and gone again: another program, or the user, removes what is in this folder.
  if (lost) {
    const what = `The part ${lost.key} was removed from ${modelsFolder} while the model was made.`;
    throw new ExpectedError('model_incomplete', what, 'Start it again.');
  }
  await measureAll(options, all, made as readonly Part[]);
  const bundle = bundleOf(recipe, (part) => all.find((each) => each.recipe === part)!.key, chosen);
  await writeBundle(modelsFolder, bundle);
  return bundle;
}

/** Each part's name on disk: a hash over its inputs, so that unknown contents have to be read first. */
async function keysOf({ recipe, choices, files, context }: MakeOptions): Promise<readonly Making[]> {
  const parts = recipeParts(recipe);
  const untold = (): readonly SourceFile[] =>
    parts
      .filter((part) => draftOf(part, precisionOf(part, choices), files.sha256) === null)
      .flatMap((part) => part.files)
      .filter((file) => files.sha256(file) === null);
  await files.fetch(untold(), () => {});
  await files.hash(untold(), (detail, done, total) =>
    context.progress.at({ name: 'check', detail, done, total, unit: 'bytes' }),
  );
  return parts.map((part) => {
    const precision = precisionOf(part, choices);
    const draft = draftOf(part, precision, files.sha256);
    if (!draft) throw new Error(`the inputs of ${part.id} were hashed`);
    return { recipe: part, precision, key: partKey(draft) };
  });
}

async function missingOf(
  { modelsFolder, broken }: MakeOptions,
  all: readonly Making[],
): Promise<readonly Making[]> {
  const present = await Promise.all(
    all.map(({ key }) => (broken.has(key) ? null : presentPart(modelsFolder, key))),
  );
  return all.filter((_, at) => present[at] === null);
}

function bytesToWrite(missing: readonly Making[]): number {
  return missing.reduce((sum, { recipe, precision }) => sum + bytesOf(recipe, precision), 0);
}

async function fetchFor({ files, context }: MakeOptions, missing: readonly Making[]): Promise<void> {
  const { progress } = context;
  const wanted = missing.flatMap(({ recipe }) => recipe.files);
  const toWrite = bytesToWrite(missing);
  const toFetch = wanted.reduce((sum, { bytes, origin }) => sum + (origin.kind === 'hub' ? bytes : 0), 0);
  // By the seconds that they take on an everyday machine.
  progress.plan([
    ['resolve', 0.1],
    ['check', 0.1],
    ['download', toFetch / 10e6 + 0.01],
    ['convert', toWrite / 60e6 + 0.01],
    ['measure', toWrite / 60e6 + 0.01],
  ]);
  await files.fetch(wanted, ({ doneBytes, totalBytes, path, doing }) =>
    progress.at({
      name: 'download',
      detail: doing === 'check' ? `Checking ${path}` : path,
      done: doneBytes,
      total: totalBytes,
      unit: 'bytes',
    }),
  );
  await files.hash(wanted, () => {});
}

async function convertAll(
  { modelsFolder, files, context }: MakeOptions,
  missing: readonly Making[],
): Promise<void> {
  const { progress, signal } = context;
  const total = bytesToWrite(missing);
  let before = 0;
  for (const { recipe, precision } of missing) {
    const own = bytesOf(recipe, precision);
    await convertPart(recipe, precision, {
      modelsFolder,
      locate: files.located,
      signal,
      onProgress(done, tensors) {
        const share = (before + (own * done) / Math.max(1, tensors)) / Math.max(1, total);
        progress.at({ name: 'convert', detail: recipe.name, done, total: tensors, unit: 'tensors' }, share);
      },
    });
    before += own;
  }
}

async function measureAll(
  { modelsFolder, files, context }: MakeOptions,
  all: readonly Making[],
  made: readonly Part[],
): Promise<void> {
  const { progress, signal, note } = context;
  const tokenizer = made.find(({ role }) => role === 'tokenizer')!;
  const todo: { readonly recipe: RecipePart; readonly part: Part }[] = [];
  for (const [at, { recipe }] of all.entries()) {
    const part = made[at]!;
    // Of a part that another model made, what it was made from may not be here: it is not fetched for this.
    if (isMeasurable(part) && (await files.areHere(recipe.files))) todo.push({ recipe, part });
  }
  await files.fetch(
    todo.flatMap(({ recipe }) => recipe.files),
    () => {},
  );
  for (const [at, { recipe, part }] of todo.entries()) {
    try {
      await context.inTurn(() =>
        measurePart(part, recipe, {
          modelsFolder,
          locate: files.located,
          tokenizer,
          signal,
          onProgress(done, total) {
            const share = (at + done / Math.max(1, total)) / todo.length;
            progress.at({ name: 'measure', detail: part.name, done, total, unit: 'tokens' }, share);
          },
        }),
      );
    } catch (error) {
      if (!(error instanceof ExpectedError) || error.code === 'cancelled') throw error;
      note(`How close ${part.name} is to its original could not be measured: ${error.message}`);
    }
  }
}
