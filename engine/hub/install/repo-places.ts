import type { ModelSource } from '../../contract/hub.ts';
import { openFile } from '../../weights/random-access-file.ts';
import type { Place, Places } from '../conversion/place.ts';
import type { Hub, RepoPage } from '../huggingface/hub.ts';

/** Which commit of each repository a job works with, once it has looked: a later run takes the same. */
export type Pins = Readonly<Record<string, string>>;

export interface RepoPlaces extends Places {
  /** What was looked at so far. */
  readonly pages: ReadonlyMap<string, RepoPage>;
  readonly pins: Pins;
}

/** A file of this size is fetched whole where something of it is wanted, and found in the cache the next time; weights never. */
const smallFile = 8 << 20;
const weights = /\.(safetensors|bin|pt|pth|gguf|onnx)$/i;

/** Repositories as places that models are made from. */
export function repoPlaces(hub: Hub, pins: Pins, signal: AbortSignal | undefined): RepoPlaces {
  const pages = new Map<string, RepoPage>();
  const known = new Map<string, Place>();
  const commits: Record<string, string> = { ...pins };

  const placeOf = async (repo: string, revision: string | null): Promise<Place> => {
    const page = await hub.repo(repo, revision, signal);
    pages.set(repo, page);
    const { commit, licence } = page;
    const { files } = await hub.listFiles(repo, commit, signal);
    const sizes = new Map(files.map((file) => [file.path, file.bytes]));
    return {
      origin: { kind: 'hub', repo, revision: commit },
      licence,
      files: files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })),
      async open(path) {
        if (weights.test(path) || (sizes.get(path) ?? 0) > smallFile)
          return hub.openFile(repo, commit, path, signal);
        const wanted = files.filter((file) => file.path === path);
        const fetched = await hub.download(repo, commit, wanted, { signal });
        return openFile(fetched.get(path) ?? path);
      },
    };
  };

  return {
    pages,
    pins: commits,
    async repo(repo, revision) {
      const wanted = revision ?? commits[repo] ?? null;
      const key = `${repo}@${wanted}`;
      const place = known.get(key) ?? (await placeOf(repo, wanted));
      known.set(key, place);
      if (place.origin.kind === 'hub') commits[repo] ??= place.origin.revision;
      return place;
    },
  };
}

/** The source with the commit that it named when it was looked at. */
export function pinned(source: ModelSource, pins: Pins): ModelSource {
  if (source.kind !== 'hub') return source;
  return { ...source, revision: pins[source.repo] ?? source.revision };
}
