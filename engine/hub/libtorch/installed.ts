import { readFileSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type InstalledLibtorch, type LibtorchBuild, libtorchBuildSchema } from '../../contract/libtorch.ts';
import type { SeparateTorch } from '../../native/load.ts';
import { namesIn } from '../../store/names-in.ts';
import { writeFailure } from '../write-failure.ts';

/** Beside the libraries: what they are. It is written last, so a folder without it is none of ours. */
export const manifestFile = 'libtorch.json';

export const libtorchManifestSchema = z.object({
  format: z.literal(1),
  version: z.string(),
  build: libtorchBuildSchema,
  platform: z.string(),
  archives: z.array(z.object({ name: z.string(), sha256: z.string() })),
  /** Paths in the folder, with forward slashes. */
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
});
export type LibtorchManifest = z.infer<typeof libtorchManifestSchema>;

export interface LibtorchFolder {
  readonly folder: string;
  readonly manifest: LibtorchManifest;
}

/** Below {@link libtorchHome}: archives on their way. */
export const fetchedFolder = '.fetched';

/** Where libtorch goes, whatever is fetched of it. */
export const libtorchHome = (dataFolder: string): string => join(dataFolder, 'libtorch');

/** Where one build of one version lies. */
export function libtorchFolder(
  dataFolder: string,
  { version, platform, build }: { version: string; platform: string; build: LibtorchBuild },
): string {
  const name = `${version}-${platform}${build === 'cpu' ? '' : `-${build}`}`;
  return join(libtorchHome(dataFolder), name);
}

/** Every libtorch in the data folder, whether or not it is of the version that is wanted. */
export function readInstalled(dataFolder: string): readonly LibtorchFolder[] {
  const home = libtorchHome(dataFolder);
  return namesIn(home)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      const folder = join(home, name);
      try {
        const text = readFileSync(join(folder, manifestFile), 'utf8');
        return [{ folder, manifest: libtorchManifestSchema.parse(JSON.parse(text)) }];
      } catch {
        return [];
      }
    });
}

export function summaryOf({ folder, manifest }: LibtorchFolder): InstalledLibtorch {
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  return { version: manifest.version, build: manifest.build, folder, bytes };
}

/** As the loader takes it. */
export function separateTorch(addon: string, { folder, manifest }: LibtorchFolder): SeparateTorch {
  const { files } = manifest;
  const cuda = files.find(({ path }) => /^torch\/lib\/(lib)?torch_cuda\.\w+$/.test(path))?.path ?? null;
  return {
    addon,
    folder,
    libraries: join(folder, 'torch', 'lib'),
    files,
    cuda: cuda === null ? null : join(folder, cuda),
  };
}

/**
 * Removes every libtorch of the data folder but `kept`; from one moment to the next each is gone. Returns the bytes
 * that they had. Throws ExpectedError 'not_allowed'.
 */
export async function removeInstalled(dataFolder: string, kept: string | null = null): Promise<number> {
  let freed = 0;
  for (const each of readInstalled(dataFolder)) {
    if (each.folder === kept) continue;
    await removeFolder(dataFolder, each.folder);
    freed += summaryOf(each).bytes;
  }
  return freed;
}

/** By renaming first: a folder of which half is gone would still be called libtorch. */
export async function removeFolder(dataFolder: string, folder: string): Promise<void> {
  const aside = join(libtorchHome(dataFolder), `.removed-${process.pid}-${Date.now()}`);
  try {
    await rename(folder, aside);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw writeFailure(error, folder);
  }
  await rm(aside, { recursive: true, force: true, maxRetries: 3 });
}

/** Something half done is gone on with within such a time, or never. */
const forgottenMs = 7 * 24 * 3600 * 1000;

/** What a kill has left of removals; what other versions of the application have fetched and not made use of. */
export async function sweepLibtorch(dataFolder: string): Promise<void> {
  const home = libtorchHome(dataFolder);
  const halves = namesIn(home).filter((name) => name.startsWith('.unpacking-'));
  const fetched = namesIn(join(home, fetchedFolder)).map((name) => join(fetchedFolder, name));
  const removed = namesIn(home).filter((name) => name.startsWith('.removed-'));
  const old = await Promise.all(
    [...halves, ...fetched].map(async (name) => {
      const stats = await stat(join(home, name)).catch(() => null);
      return stats !== null && Date.now() - stats.mtimeMs > forgottenMs ? [name] : [];
    }),
  );
  for (const name of [...removed, ...old.flat()])
    await rm(join(home, name), { recursive: true, force: true }).catch(() => {});
}
