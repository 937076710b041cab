import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import type { ModelSummary } from '../contract/models.ts';
import { type Bundle, readBundle } from '../models/bundle.ts';

/** Models of a folder that are whole; folders that hold none, or one of another version, are passed over. */
export async function installedModels(folder: string): Promise<readonly ModelSummary[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const bundles = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => readBundle(join(folder, entry.name)).catch(passOver)),
  );
  return bundles
    .filter((bundle) => bundle !== null)
    .map(summary)
    .sort((a, b) => a.name.localeCompare(b.name));
}

function passOver(error: unknown): null {
  if (error instanceof ExpectedError) return null;
  throw error;
}

function summary(bundle: Bundle): ModelSummary {
  const { id, name, description, demonstration, notice, contextLength, parts } = bundle;
  return {
    id,
    name,
    description,
    demonstration,
    notice,
    contextLength,
    visualTokens: bundle.visual.tokens,
    encoders: bundle.encoders.map((encoder) => ({
      id: encoder.id,
      name: encoder.name,
      frames: encoder.frames,
      visualTokens: encoder.visualTokens,
    })),
    parts,
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
  };
}
