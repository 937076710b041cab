import { ExpectedError } from '../contract/errors.ts';
import type { PartRole } from '../contract/models.ts';
import { type Bundle, readBundle } from './bundle.ts';
import { type Part, partFolder, readPart, type SpecOf } from './part.ts';

/** A part where it lies. */
export interface UsedPart<Role extends PartRole> {
  readonly part: Part;
  /** Holds the files that `spec` names. */
  readonly folder: string;
  readonly spec: SpecOf<Role>;
}

/** Weights, precision and preprocessing are named by `part.key`: features are kept under it. */
export interface ModelEncoder extends UsedPart<'encoder'> {
  readonly id: string;
  /** Taken from a clip. */
  readonly frames: number;
  /** Of its projector, before the fusion. */
  readonly visualTokens: number;
}

/** An installed model with its parts; nothing of it is loaded. */
export interface Model {
  readonly bundle: Bundle;
  readonly encoders: readonly ModelEncoder[];
  /** Null exactly where there are no encoders. */
  readonly visual: UsedPart<'visual'> | null;
  readonly languageModel: UsedPart<'languageModel'>;
  /** Its graph stands in place of the language model's. */
  readonly adapter: UsedPart<'adapter'> | null;
  readonly tokenizer: UsedPart<'tokenizer'>;
}

/**
 * Throws ExpectedError 'model_missing', or 'model_incomplete' that names the part which is missing, cut short or does
 * not belong to the others.
 */
export async function readModel(modelsFolder: string, id: string): Promise<Model> {
  return resolveModel(modelsFolder, await readBundle(modelsFolder, id));
}

/**
 * The same for a description that was read already. `read`: who resolves many models reads a part that they share once.
 */
export async function resolveModel(
  modelsFolder: string,
  bundle: Bundle,
  read: (key: string) => Promise<Part> = (key) => readPart(modelsFolder, key),
): Promise<Model> {
  const use = async <Role extends PartRole>(key: string, role: Role): Promise<UsedPart<Role>> => {
    const part = await read(key);
    if (part.spec.role !== role) throw unfit(bundle, key, `it is a ${part.role}`);
    return { part, folder: partFolder(modelsFolder, key), spec: part.spec as SpecOf<Role> };
  };
  const visual = bundle.visual === null ? null : await use(bundle.visual.part, 'visual');
  const encoders = await Promise.all(
    bundle.encoders.map(async ({ id, frames, part }, i) => {
      const joined = visual?.spec.encoders[i];
      if (joined?.id !== id || joined.frames !== frames) {
        throw unfit(bundle, bundle.visual?.part ?? '', `it does not take ${frames} frames of ${id}`);
      }
      return { ...(await use(part, 'encoder')), id, frames, visualTokens: joined.visualTokens };
    }),
  );
  const adapter = bundle.adapter === undefined ? null : await use(bundle.adapter.part, 'adapter');
  if (adapter !== null && adapter.spec.languageModel !== bundle.languageModel.part) {
    throw unfit(bundle, adapter.part.key, 'it is for another language model');
  }
  return {
    bundle,
    encoders,
    visual,
    adapter,
    languageModel: await use(bundle.languageModel.part, 'languageModel'),
    tokenizer: await use(bundle.tokenizer.part, 'tokenizer'),
  };
}

function unfit({ name }: Bundle, key: string, why: string): ExpectedError {
  return new ExpectedError(
    'model_incomplete',
    `The part ${key} does not belong to ${name}: ${why}.`,
    'Install the model again.',
  );
}

/** Every part of a model, each once, in the order in which a question passes through them. */
export function partsOf({ encoders, visual, languageModel, adapter, tokenizer }: Model): readonly Part[] {
  const beside = adapter === null ? [] : [adapter];
  const uses = [...encoders, ...(visual === null ? [] : [visual]), languageModel, ...beside, tokenizer];
  return [...new Map(uses.map(({ part }) => [part.key, part])).values()];
}

/** Keys of every part that a model is made of, also where they are missing. */
export function partKeys({ encoders, visual, languageModel, adapter, tokenizer }: Bundle): readonly string[] {
  const beside = adapter === undefined ? [] : [adapter];
  const uses = [...encoders, ...(visual === null ? [] : [visual]), languageModel, ...beside, tokenizer];
  return uses.map(({ part }) => part);
}

export function partBytes({ files }: Part): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
