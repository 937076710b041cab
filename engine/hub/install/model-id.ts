import type { ModelSource } from '../../contract/hub.ts';
import { readBundle } from '../../models/bundle.ts';
import { modelFolders } from '../installed/part-usage.ts';

/**
 * The folder of a model that is installed from `source`: `proposed`, unless a model from elsewhere has it. The same
 * source again replaces the model that it made.
 */
export async function modelIdFor(
  modelsFolder: string,
  proposed: string,
  source: ModelSource,
): Promise<string> {
  const taken = new Set(modelFolders(modelsFolder));
  for (let number = 1; ; number++) {
    const id = number === 1 ? proposed : `${proposed}-${number}`;
    if (!taken.has(id)) return id;
    const there = await readBundle(modelsFolder, id).catch(() => null);
    if (there === null || isSameSource(there.source, source)) return id;
  }
}

/** Whatever its revision: a newer one of a model takes the older one's place. */
export function isSameSource(one: ModelSource, other: ModelSource): boolean {
  switch (one.kind) {
    case 'catalogue':
      return other.kind === 'catalogue' && one.id === other.id;
    case 'hub':
      return other.kind === 'hub' && one.repo === other.repo && one.path === other.path;
    case 'local':
      return other.kind === 'local' && one.path === other.path;
    default:
      return one satisfies never;
  }
}
