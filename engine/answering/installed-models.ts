import { readdir } from 'node:fs/promises';
import { ExpectedError } from '../contract/errors.ts';
import type { ModelPart, ModelSummary } from '../contract/models.ts';
import { type Bundle, readBundle } from '../models/bundle.ts';
import { type Model, partBytes, partKeys, partsOf, resolveModel } from '../models/model.ts';
import { type Part, partsFolder, readPart } from '../models/part.ts';
import type { SpeedStore } from '../store/speeds.ts';
import { memoryNeeds } from './memory-needs.ts';
import { speedKeys } from './speed-keys.ts';

/**
 * Models of a folder by name. Folders that hold none, or one of another version, are passed over; one whose parts are
 * not whole is listed with its `problem`.
 */
export async function installedModels(
  modelsFolder: string,
  speeds: SpeedStore,
): Promise<readonly ModelSummary[]> {
  const bundles = await readBundles(modelsFolder);
  const users = new Map<string, string[]>();
  for (const bundle of bundles)
    for (const key of new Set(partKeys(bundle))) users.set(key, [...(users.get(key) ?? []), bundle.id]);
  const parts = new Map<string, Promise<Part>>();
  const shared: SharedParts = {
    read(key) {
      const part = parts.get(key) ?? readPart(modelsFolder, key);
      parts.set(key, part);
      return part;
    },
    users: (key, but) => (users.get(key) ?? []).filter((id) => id !== but),
  };
  const summaries = await Promise.all(bundles.map((bundle) => summary(modelsFolder, bundle, shared, speeds)));
  return summaries.sort((a, b) => a.name.localeCompare(b.name));
}

/** Every model description of a folder that this version reads. */
export async function readBundles(modelsFolder: string): Promise<readonly Bundle[]> {
  const entries = await readdir(modelsFolder, { withFileTypes: true }).catch(() => []);
  const bundles = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory() && entry.name !== partsFolder && !entry.name.startsWith('.'))
      .map((entry) => orNull(readBundle(modelsFolder, entry.name))),
  );
  return bundles.filter((bundle) => bundle !== null);
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  return work.catch((error: unknown) => {
    if (error instanceof ExpectedError) return null;
    throw error;
  });
}

/** What the models of one listing have in common. */
interface SharedParts {
  /** Each part is read once. Throws ExpectedError 'model_incomplete'. */
  read(key: string): Promise<Part>;
  /** Ids of the models that use a part, without `but`. */
  users(key: string, but: string): string[];
}

async function summary(
  modelsFolder: string,
  bundle: Bundle,
  shared: SharedParts,
  speeds: SpeedStore,
): Promise<ModelSummary> {
  const users = (key: string) => shared.users(key, bundle.id);
  const { id, name, description, demonstration, notice, contextLength } = bundle;
  const adapterOf = bundle.adapter?.of ?? null;
  const known = { id, name, description, demonstration, notice, contextLength, adapterOf };
  let model: Model;
  try {
    model = await resolveModel(modelsFolder, bundle, shared.read);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    const left = await Promise.all(partKeys(bundle).map((key) => orNull(shared.read(key))));
    return {
      ...known,
      visualTokens: 0,
      encoders: bundle.encoders.map((encoder) => ({ ...encoder, name: encoder.id, visualTokens: 0 })),
      ...sizes(left.filter((part) => part !== null).map((part) => shownPart(part, users(part.key)))),
      problem: { sentence: error.message, remedy: error.remedy },
      memory: { weights: 0, perToken: 0, perFrame: {}, base: 0 },
      speed: null,
    };
  }
  return {
    ...known,
    visualTokens: model.visual?.spec.tokens ?? 0,
    encoders: model.encoders.map(({ id, frames, visualTokens, part }) => ({
      id,
      name: part.name,
      frames,
      visualTokens,
    })),
    ...sizes(partsOf(model).map((part) => shownPart(part, users(part.key)))),
    problem: null,
    memory: memoryNeeds(model),
    speed: speedOf(model, speeds),
  };
}

function sizes(parts: ModelPart[]): Pick<ModelSummary, 'parts' | 'bytes' | 'ownBytes'> {
  const unique = [...new Map(parts.map((part) => [part.key, part])).values()];
  const total = (some: readonly ModelPart[]) => some.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    parts,
    bytes: total(unique),
    ownBytes: total(unique.filter(({ sharedWith }) => sharedWith.length === 0)),
  };
}

function shownPart(part: Part, sharedWith: string[]): ModelPart {
  const { role, key, id, name, precision, licence, origin, quality } = part;
  const shown = { role, key, id, name, precision, licence, quality, sharedWith, bytes: partBytes(part) };
  switch (origin.kind) {
    case 'hub':
      return {
        ...shown,
        source: `${origin.repo} at ${origin.revision.slice(0, 7)}`,
        url: `https://huggingface.co/${origin.repo}`,
      };
    case 'local':
      return { ...shown, source: origin.path, url: null };
    case 'package':
      return { ...shown, source: origin.requirement, url: null };
  }
}

/** Null until something of it was measured. */
function speedOf({ bundle, encoders }: Model, speeds: SpeedStore): ModelSummary['speed'] {
  const measured = encoders.flatMap(({ id, part }) => {
    const ms = speeds.read(speedKeys.encode(part.key));
    return ms === null ? [] : [[id, ms] as const];
  });
  const promptTokensPerSecond = speeds.read(speedKeys.prefill(bundle.id));
  const tokensPerSecond = speeds.read(speedKeys.generate(bundle.id));
  if (measured.length === 0 && promptTokensPerSecond === null && tokensPerSecond === null) return null;
  return { msPerFrame: Object.fromEntries(measured), promptTokensPerSecond, tokensPerSecond };
}
